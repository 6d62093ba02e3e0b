#include "training/gauss_newton.hpp"

#include <algorithm>
#include <cmath>

#include "nbm/core/error.hpp"

namespace nbm {
namespace {

constexpr double kLeastDamping = 1e-15, kMostDamping = 1e12;

}  // namespace

GaussNewton::GaussNewton(const GaussNewtonOptions& options, const Siren& siren)
    : options_(options),
      count_(siren.parameter_count()),
      padded_(padded_parameters(siren)),
      damping_(options.damping),
      matrix_(static_cast<std::size_t>(4 * padded_ * padded_)),
      vector_(static_cast<std::size_t>(2 * padded_)),
      direction_(vector_.size()),
      candidate_(static_cast<std::size_t>(2 * count_)) {
  options.validate();
}

bool GaussNewton::make_candidate(const Objective& objective, std::span<const double> parameters) {
  if (!objective.solve_damped(matrix_, vector_, damping_, direction_)) return false;
  for (index_t s = 0; s < kSides; ++s) {
    for (index_t p = 0; p < count_; ++p) {
      const auto i = static_cast<std::size_t>(s * count_ + p);
      candidate_[i] = parameters[i] + direction_[static_cast<std::size_t>(s * padded_ + p)];
    }
  }
  return true;
}

GroupSums GaussNewton::step(const Objective& objective, std::span<double> parameters) {
  const GroupSums sums = objective.normal_equations(parameters, matrix_, vector_);
  const double loss = objective.loss(sums);
  ++step_;
  for (int trial = 0; trial < options_.trials; ++trial) {
    // A candidate whose loss is not finite fails the comparison and is refused like any other that does not improve.
    if (make_candidate(objective, parameters) && objective.loss(objective.sums(candidate_)) < loss) {
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
