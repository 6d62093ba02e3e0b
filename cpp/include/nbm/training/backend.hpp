#pragma once
#include <exception>
#include <memory>

#include "nbm/core/device.hpp"
#include "nbm/training/options.hpp"

namespace nbm {

// What Adam keeps from step to step: moments of the derivatives by the parameters of both networks, and the number of
// the steps so far.
struct AdamMemory {
  std::vector<double> first, second;
  index_t steps = 0;
};

// Steps of Adam with all that they need on a device, for a process that trains alone: the host sends them off and asks
// later what became of them.
class NBM_EXPORT ResidentAdam {
 public:
  static constexpr index_t kMostUnread = 1024;  // steps between two calls of finish()

  struct Report {
    std::vector<GroupSums> steps;  // taken since the last report: the sums at the parameters before each
    std::exception_ptr failure;    // why the step behind them was refused, if it was: NonFiniteLoss, InvalidField
  };

  virtual ~ResidentAdam() = default;

  // Both networks' parameters, and what the steps before have left.
  virtual void start(std::span<const double> parameters, const AdamMemory& memory) = 0;
  // Sends off one step on the rows of draw number `draw`, made anew unless they are in place, with those weights of
  // the groups. A step whose loss or gradient is not finite is refused, as are all after it, up to the next report.
  virtual void step(index_t draw, Vec3<double> cell_size, const PerGroup<double>& weights) = 0;
  // Waits for the steps.
  virtual Report finish() = 0;
  // Copies what the steps have made of parameters and memory, after finish().
  virtual void fetch(std::span<double> parameters, AdamMemory& memory) = 0;
};

// What training asks of a device: make the rows of a draw, and evaluate the loss on them. The rows stay on the device;
// sums are over this process's share only.
class NBM_EXPORT TrainingBackend {
 public:
  virtual ~TrainingBackend() = default;

  // Samples and assembles this rank's share of the rows of draw number `draw` (in grid mode: of that batch, epochs
  // following each other), replacing those before.
  virtual void assemble(index_t draw, Vec3<double> cell_size) = 0;
  virtual PerGroup<double> row_counts() const = 0;
  // Rows of which groups `assemble` makes from now on; all, unless called.
  virtual void use_groups(const PerGroup<bool>& used) = 0;
  // Makes the rows of another draw beside those in place and says how many there are; false: this backend holds one
  // set of rows only. use_prepared puts them in the place of the others.
  virtual bool prepare(index_t /*draw*/, Vec3<double> /*cell_size*/, PerGroup<double>& /*rows*/) { return false; }
  virtual void use_prepared() {}
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
  // The same with candidate = parameters + step for `parameters` of linearize, and loss_sums at the candidate: one
  // call, so that the host of a device waits once.
  virtual bool try_damped(double damping, std::span<const double> parameters, std::span<double> candidate,
                          GroupSums& sums);
  // Whether several backends on this device take their steps in less time side by side, a thread each, than one after
  // the other. They then call nothing of the host.
  virtual bool gains_side_by_side() const { return false; }

  // Adam on the device itself, which uses the rows of this backend and must not outlive it; null where the parameters
  // are better off on the host.
  virtual std::unique_ptr<ResidentAdam> resident_adam(const AdamOptions& /*options*/) { return nullptr; }
};

// The backend for `device`; rank and ranks say which share of the points it makes.
// Throws BackendUnavailable.
NBM_EXPORT std::unique_ptr<TrainingBackend> make_training_backend(const Problem& problem,
                                                                  const TrainingOptions& options, Device device,
                                                                  int rank, int ranks);

}  // namespace nbm
