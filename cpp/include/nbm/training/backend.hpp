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

  // Samples and assembles this rank's share of the rows of draw number `draw` (in grid mode: of that batch, epochs
  // following each other), replacing those before.
  virtual void assemble(index_t draw, Vec3<double> cell_size) = 0;
  virtual PerGroup<double> row_counts() const = 0;
  // As the functions of loss.hpp, on the rows in place.
  virtual GroupSums loss_sums(std::span<const double> parameters) = 0;
  virtual GroupSums add_loss_gradient(std::span<const double> parameters, const PerGroup<double>& factors,
                                      std::span<double> gradient) = 0;

  // Gauss-Newton. Linearizes the residuals, weighted by sqrt(factors[g]), about `parameters`: r + J x, which the
  // backend keeps in the form of `system` (normal or rows). Overwrites `gradient` by J'r. In double precision.
  virtual GroupSums linearize(std::span<const double> parameters, const PerGroup<double>& factors, LinearSystem system,
                              std::span<double> gradient) = 0;
  // The normal equations as numbers that add up over the ranks, the upper triangle of J'J by rows and then J'r; and
  // their sum in the place of what is kept.
  virtual void append_normal_equations(std::vector<double>& message) const = 0;
  virtual void take_normal_equations(std::span<const double> message) = 0;
  // Solves (J'J + damping diag(J'J)) step = -J'r, as often as wanted; false if it cannot be solved.
  virtual bool solve_damped(double damping, std::span<double> step) = 0;
};

// The backend for `device`; rank and ranks say which share of the points it makes.
// Throws BackendUnavailable.
NBM_EXPORT std::unique_ptr<TrainingBackend> make_training_backend(const Problem& problem,
                                                                  const TrainingOptions& options, Device device,
                                                                  int rank, int ranks);

}  // namespace nbm
