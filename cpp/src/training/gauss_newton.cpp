#include "training/gauss_newton.hpp"

#include <algorithm>
#include <cmath>

#include "nbm/core/error.hpp"

namespace nbm {
namespace {

constexpr double kLeastDamping = 1e-15, kMostDamping = 1e12;

}  // namespace

GaussNewton::GaussNewton(const GaussNewtonOptions& options, index_t parameters, index_t unknowns)
    : options_(options),
      unknowns_(unknowns),
      damping_(options.damping),
      scratch_(static_cast<std::size_t>(parameters)),
      candidate_(scratch_.size()) {
  options.validate();
}

GroupSums GaussNewton::step(const Objective& objective, std::span<double> parameters) {
  const LinearSystem system =
      options_.system == LinearSystem::automatic ? objective.smaller_system(unknowns_) : options_.system;
  const GroupSums sums = objective.linearize(parameters, unknowns_, system, scratch_);
  const double loss = objective.loss(sums);
  ++step_;
  for (int trial = 0; trial < options_.trials; ++trial) {
    GroupSums there;
    // A candidate whose loss is not finite fails the comparison and is refused like any other that does not improve.
    if (objective.try_damped(damping_, parameters, candidate_, there) && objective.loss(there) < loss) {
      std::copy(candidate_.begin(), candidate_.end(), parameters.begin());
      damping_ = std::max(damping_ / options_.decrease, kLeastDamping);
      break;
    }
    damping_ = std::min(damping_ * options_.increase, kMostDamping);
  }
  return sums;
}

std::map<std::string, std::vector<double>> GaussNewton::state() const {
  return {{"damping", {damping_}}, {"step", {static_cast<double>(step_)}}};
}

void GaussNewton::restore(const std::map<std::string, std::vector<double>>& state) {
  damping_ = state.at("damping").at(0);
  step_ = static_cast<index_t>(state.at("step").at(0));
}

}  // namespace nbm
