#pragma once
#include <memory>

#include "nbm/solution/device_solution.hpp"

namespace nbm::cuda {

// DevicePoints and DeviceOutputs of either number type.
struct SolutionArrays {
  Precision type = Precision::float64;
  const void* points[kDim] = {};
  index_t stride = 1, size = 0;
  void* values = nullptr;
  void* gradient[kDim] = {};
  index_t gradient_stride = 1;
  void* level_set = nullptr;
  std::int8_t* side = nullptr;
};

// A solution on one GPU (cuda/solution).
class SolutionEvaluator {
 public:
  virtual ~SolutionEvaluator() = default;

  // Arrays in the memory of the GPU.
  virtual void enqueue(const SolutionArrays& arrays, Branch branch, Precision precision, void* stream) const = 0;
  // Arrays of double precision in the memory of the host, strides 1. Throws InvalidField.
  virtual void run(const SolutionArrays& arrays, Branch branch, Precision precision) const = 0;
};

// Throws BackendUnavailable where the backend is not built (cuda/stub.cpp).
NBM_EXPORT std::unique_ptr<const SolutionEvaluator> make_solution_evaluator(const Solution& solution, int device);

}  // namespace nbm::cuda
