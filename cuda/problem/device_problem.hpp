#pragma once
#include <memory>
#include <vector>

#include "nbm/problem/problem.hpp"
#include "problem/device_field.hpp"

namespace nbm::cuda {

// Whether kernels can evaluate all its fields.
bool device_capable(const Problem& problem);

// The fields of a problem in device memory.
class DeviceProblem {
 public:
  // Throws InvalidArgument unless device_capable(problem).
  DeviceProblem(const Problem& problem, cudaStream_t stream);
  // The same fields, in the same memory, for other kernels: what these find amiss is kept apart. The fields must be
  // there.
  DeviceProblem(const DeviceProblem& same, cudaStream_t stream);

  const ProblemView* view() const { return view_.data(); }  // device memory
  // What a kernel found amiss, in device memory.
  const FieldFault* fault() const { return fault_.data(); }
  // Waits for the stream. Throws InvalidField if a kernel reported a value that the method cannot use, and forgets it.
  void check(cudaStream_t stream);

 private:
  void make_view(cudaStream_t stream);

  Problem problem_;
  std::shared_ptr<const std::vector<DeviceField>> fields_;
  DeviceBuffer<FieldFault> fault_;
  DeviceBuffer<ProblemView> view_;
};

}  // namespace nbm::cuda
