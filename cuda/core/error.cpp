#include "core/error.hpp"

#include <string>

#include "nbm/core/error.hpp"

namespace nbm::cuda {

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // so that the next call does not report this one again
  std::string message = std::string(what) + " failed with CUDA error " + std::to_string(static_cast<int>(status)) +
                        " (" + cudaGetErrorString(status) + ")";
  if (status == cudaErrorMemoryAllocation) message += ": use fewer points in a step, or a GPU with more memory";
  throw Error(message + ".");
}

}  // namespace nbm::cuda
