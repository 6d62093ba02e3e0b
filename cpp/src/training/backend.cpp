#include "nbm/training/backend.hpp"

#include "nbm/core/backend.hpp"
#include "nbm/core/error.hpp"
#include "training/cpu_backend.hpp"
#include "training/cuda_training.hpp"

namespace nbm {

bool TrainingBackend::try_damped(double damping, std::span<const double> parameters, std::span<double> candidate,
                                 GroupSums& sums) {
  if (!solve_damped(damping, candidate)) return false;
  for (std::size_t i = 0; i < candidate.size(); ++i) candidate[i] += parameters[i];
  sums = loss_sums(candidate);
  return true;
}

std::unique_ptr<TrainingBackend> make_training_backend(const Problem& problem, const TrainingOptions& options,
                                                       Device device, int rank, int ranks) {
  if (device.kind == Device::Kind::cuda) {
    cuda::require_device(device.index);
    if (!options.network_map.one_a_side()) {
      throw InvalidArgument("networks", "'pieces' are trained on the CPU alone; use device='cpu'");
    }
    return cuda::make_training_backend(problem, options, device.index, rank, ranks);
  }
  return std::make_unique<CpuBackend>(problem, options, rank, ranks);
}

}  // namespace nbm
