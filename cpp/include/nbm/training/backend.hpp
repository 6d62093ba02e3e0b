#pragma once
#include <memory>

#include "nbm/core/device.hpp"
#include "nbm/training/options.hpp"

namespace nbm {

// What training asks of a device: make the rows of a draw, and evaluate the loss on them. The rows stay on the device;
// sums are over this process's share only.
class NBM_EXPORT TrainingBackend {
 public:
  virtual ~TrainingBackend() = default;

  // Samples and assembles this rank's share of the rows of step `step`, replacing those before.
  virtual void assemble(index_t step, Vec3<double> cell_size) = 0;
  virtual PerGroup<double> row_counts() const = 0;
  // As nbm::add_loss_gradient, on the rows in place.
  virtual GroupSums add_loss_gradient(std::span<const double> parameters, const PerGroup<double>& factors,
                                      std::span<double> gradient) = 0;
};

// The backend for `device`; rank and ranks say which share of the points it makes.
// Throws BackendUnavailable.
NBM_EXPORT std::unique_ptr<TrainingBackend> make_training_backend(const Problem& problem,
                                                                  const TrainingOptions& options, Device device,
                                                                  int rank, int ranks);

}  // namespace nbm
