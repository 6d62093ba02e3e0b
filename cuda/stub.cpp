// Linked instead of the CUDA backend in a build without it.
#include "nbm/core/backend.hpp"
#include "nbm/core/error.hpp"
#include "network/cuda_network.hpp"
#include "training/cuda_training.hpp"

namespace nbm::cuda {

int device_count() noexcept { return 0; }

bool built() noexcept { return false; }

void require_device(int /*index*/) {
  throw BackendUnavailable("cuda",
                           "device 'cuda' was asked for, but this build of nbm has no CUDA backend: use device='cpu', "
                           "or build with -DNBM_CUDA=ON on a machine with the CUDA toolkit.");
}

std::int64_t free_memory(int index) {
  require_device(index);
  return 0;
}

// Not reached: callers ask require_device first.
std::unique_ptr<TrainingBackend> make_training_backend(const Problem& /*problem*/, const TrainingOptions& /*options*/,
                                                       int device, int /*rank*/, int /*ranks*/) {
  require_device(device);
  return nullptr;
}

void evaluate_network(const Siren& /*siren*/, std::span<const double> /*parameters*/, PointsView /*points*/,
                      double* /*values*/, const std::array<std::span<double>, kDim>* /*gradient*/,
                      Precision /*precision*/, int device) {
  require_device(device);
}

}  // namespace nbm::cuda
