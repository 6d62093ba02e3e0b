#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "nbm/core/tensor_file.hpp"
#include "training/objective.hpp"

namespace nbm {

class StartsAhead;

// One way of lowering an objective. `step` leaves the parameters alone when a residual is not finite, and reports it.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // One step; returns the sums at the parameters on entry.
  virtual GroupSums step(const Objective& objective, std::span<double> parameters) = 0;
  // Instead of `step`, where `ahead` has taken it already, with these weights of the groups; nothing where it has not.
  virtual std::optional<GroupSums> follow(StartsAhead& /*ahead*/, const PerGroup<double>& /*weights*/,
                                          std::span<double> /*parameters*/) {
    return {};
  }
  // Whether a step evaluates the objective a single time.
  virtual bool evaluates_once() const { return false; }
  // Whether the parameters are those of one of several starts and may yet be given up for others.
  virtual bool is_choosing() const { return false; }
  // The learning rate or damping of the last step, for the history.
  virtual double rate() const = 0;

  // Steps of the whole training.
  virtual index_t steps_total() const = 0;
  // The parameters were set by the caller before the first step.
  virtual void parameters_given() {}
  // Everything that a checkpoint needs, as vectors.
  virtual std::map<std::string, std::vector<double>> state() const = 0;
  // Throws std::out_of_range when an entry is missing, InvalidArgument when one is of another network.
  virtual void restore(const std::map<std::string, std::vector<double>>& state) = 0;
};

std::unique_ptr<Optimizer> make_optimizer(const TrainingOptions& options);

// Throws NonFiniteLoss naming the group whose residuals are not finite, or "gradient". names: of the groups.
NBM_EXPORT void require_finite(const GroupSums& sums, std::span<const double> gradient,
                               const std::vector<std::string>& names, index_t step);

}  // namespace nbm
