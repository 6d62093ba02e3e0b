#include "nbm/training/backend.hpp"

#include "nbm/core/backend.hpp"
#include "nbm/core/error.hpp"
#include "training/cpu_backend.hpp"

namespace nbm {

std::unique_ptr<TrainingBackend> make_training_backend(const Problem& problem, const TrainingOptions& options,
                                                       Device device, int rank, int ranks) {
  if (device.kind == Device::Kind::cuda) {
    cuda::require_device(device.index);
    throw BackendUnavailable("cuda",
                             "training on '" + device.name() + "' is not part of this version: use device='cpu'.");
  }
  return std::make_unique<CpuBackend>(problem, options, rank, ranks);
}

}  // namespace nbm
