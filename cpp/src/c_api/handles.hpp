#pragma once
#include <string>
#include <vector>

#include "nbm/core/error.hpp"
#include "nbm/solution/device_solution.hpp"
#include "nbm/solution/quantities.hpp"
#include "nbm/training/trainer.hpp"
#include "nbm_c.h"

// What the opaque handles of nbm_c.h are.
struct nbm_problem {
  nbm::Problem problem;
  std::vector<nbm::Observations> observations;
};
struct nbm_communicator {
  nbm::Communicator communicator;
};
struct nbm_trainer {
  nbm::Trainer trainer;
};
struct nbm_solution {
  nbm::Solution solution;
};
struct nbm_quantities {
  nbm::Quantities quantities;
};
struct nbm_device_solution {
  nbm::DeviceSolution solution;
};

namespace nbm::c_api {

// The status of the exception that is being handled, whose text becomes the last error of this thread.
NBM_EXPORT nbm_status status_of_current_exception() noexcept;

// Runs `work` and turns what it throws into a status.
template <class Work>
nbm_status guarded(Work&& work) noexcept {
  try {
    work();
    return NBM_OK;
  } catch (...) {
    return status_of_current_exception();
  }
}

inline void require_given(const void* pointer, const char* name) {
  if (pointer == nullptr) throw InvalidArgument(name, "is NULL");
}

inline Field field_of_function(nbm_function function, void* user, const char* name) {
  if (function == nullptr) throw InvalidArgument(name, "is NULL");
  return Field(FieldCallback([function, user](PointsView points, std::span<double> values) {
    function(user, points.size, points.x, points.y, points.z, values.data());
  }));
}

// Of an enumeration with two members.
template <class T>
T either(int32_t number, T zero, T one, const char* name) {
  if (number != 0 && number != 1) throw InvalidArgument(name, "is none of the enumeration");
  return number == 0 ? zero : one;
}

}  // namespace nbm::c_api
