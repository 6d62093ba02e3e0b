#pragma once
#include <vector>

#include "core/device_buffer.hpp"
#include "nbm/problem/problem.hpp"
#include "problem/field_view.hpp"

namespace nbm::cuda {

// Whether a kernel can evaluate the field: not a host callback, nor an expression of more than kMostRegisters.
bool device_capable(const Field& field);
bool device_capable(const Problem& problem);

// The fields of a problem in device memory.
class DeviceProblem {
 public:
  // Throws InvalidArgument unless device_capable(problem).
  DeviceProblem(const Problem& problem, cudaStream_t stream);

  const ProblemView* view() const { return view_.data(); }  // device memory
  // What a kernel found amiss, in device memory.
  const FieldFault* fault() const { return fault_.data(); }
  // Waits for the stream. Throws InvalidField if a kernel reported a value that the method cannot use, and forgets it.
  void check(cudaStream_t stream);

 private:
  FieldView upload(const Field& field, cudaStream_t stream);

  Problem problem_;
  std::vector<DeviceBuffer<TapeInstruction>> instructions_;
  std::vector<DeviceBuffer<double>> numbers_;
  DeviceBuffer<FieldFault> fault_;
  DeviceBuffer<ProblemView> view_;
};

}  // namespace nbm::cuda
