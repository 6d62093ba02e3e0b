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
  // Makes the rows of another draw beside those in place and says how many there are; false: this backend holds one
  // set of rows only. use_prepared puts them in the place of the others.
  virtual bool prepare(index_t /*draw*/, Vec3<double> /*cell_size*/, PerGroup<double>& /*rows*/) { return false; }
  virtual void use_prepared() {}
  // As the functions of loss.hpp, on the rows in place.
  virtual GroupSums loss_sums(std::span<const double> parameters) = 0;
  virtual GroupSums add_loss_gradient(std::span<const double> parameters, const PerGroup<double>& factors,
                                      std::span<double> gradient) = 0;
  virtual GroupSums add_normal_equations(std::span<const double> parameters, const PerGroup<double>& factors,
                                         std::span<double> matrix, std::span<double> vector) = 0;
  // Solves (matrix + damping diag(matrix)) x = -vector in place of `solution`; false if it is not positive definite.
  virtual bool solve_damped(std::span<const double> matrix, std::span<const double> vector, double damping,
                            std::span<double> solution) = 0;
};

// The backend for `device`; rank and ranks say which share of the points it makes.
// Throws BackendUnavailable.
NBM_EXPORT std::unique_ptr<TrainingBackend> make_training_backend(const Problem& problem,
                                                                  const TrainingOptions& options, Device device,
                                                                  int rank, int ranks);

}  // namespace nbm
