#include "training/adam.hpp"

#include <cmath>

#include "nbm/core/error.hpp"

namespace nbm {

Adam::Adam(const AdamOptions& options, index_t parameters)
    : options_(options),
      rate_(options.learning_rate),
      gradient_(static_cast<std::size_t>(parameters)),
      first_(gradient_.size(), 0.0),
      second_(gradient_.size(), 0.0) {
  options.validate();
}

GroupSums Adam::step(const Objective& objective, std::span<double> parameters) {
  const GroupSums sums = objective.gradient(parameters, gradient_);
  update(parameters, gradient_);
  return sums;
}

void Adam::update(std::span<double> parameters, std::span<double> gradient) {
  if (options_.clip_norm > 0) {
    double squares = 0;
    for (const double g : gradient) squares += g * g;
    const double norm = std::sqrt(squares);
    if (norm > options_.clip_norm) {
      for (double& g : gradient) g *= options_.clip_norm / norm;
    }
  }
  rate_ = options_.rate(step_);
  ++step_;
  const auto t = static_cast<double>(step_);
  const double first_bias = 1.0 - std::pow(options_.beta1, t), second_bias = 1.0 - std::pow(options_.beta2, t);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    first_[i] += (1.0 - options_.beta1) * (gradient[i] - first_[i]);
    second_[i] += (1.0 - options_.beta2) * (gradient[i] * gradient[i] - second_[i]);
    parameters[i] -= rate_ * (first_[i] / first_bias) / (std::sqrt(second_[i] / second_bias) + options_.epsilon);
  }
}

std::map<std::string, std::vector<double>> Adam::state() const {
  return {{"first_moment", first_}, {"second_moment", second_}, {"step", {static_cast<double>(step_)}}};
}

void Adam::restore(const std::map<std::string, std::vector<double>>& state) {
  const auto& first = state.at("first_moment");
  const auto& second = state.at("second_moment");
  if (first.size() != first_.size() || second.size() != second_.size()) {
    throw InvalidArgument("state", "the saved Adam state is of another network");
  }
  step_ = static_cast<index_t>(state.at("step").at(0));
  first_ = first;
  second_ = second;
}

}  // namespace nbm
