#include "nbm/training/backend.hpp"

#include "nbm/core/backend.hpp"
#include "training/cpu_backend.hpp"
#include "training/cuda_training.hpp"

namespace nbm {

std::unique_ptr<TrainingBackend> make_training_backend(const Problem& problem, const TrainingOptions& options,
                                                       Device device, int rank, int ranks) {
  if (device.kind == Device::Kind::cuda) {
    cuda::require_device(device.index);
    return cuda::make_training_backend(problem, options, device.index, rank, ranks);
  }
  return std::make_unique<CpuBackend>(problem, options, rank, ranks);
}

}  // namespace nbm
