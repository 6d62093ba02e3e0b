#include "nbm/training/adam.hpp"

#include <cmath>

#include "nbm/core/error.hpp"

namespace nbm {

Adam::Adam(const AdamOptions& options, index_t parameters)
    : options_(options),
      first_(static_cast<std::size_t>(parameters), 0.0),
      second_(static_cast<std::size_t>(parameters), 0.0) {
  options.validate();
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
  const double rate = options_.rate(step_);
  ++step_;
  const auto t = static_cast<double>(step_);
  const double first_bias = 1.0 - std::pow(options_.beta1, t), second_bias = 1.0 - std::pow(options_.beta2, t);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    first_[i] += (1.0 - options_.beta1) * (gradient[i] - first_[i]);
    second_[i] += (1.0 - options_.beta2) * (gradient[i] * gradient[i] - second_[i]);
    parameters[i] -= rate * (first_[i] / first_bias) / (std::sqrt(second_[i] / second_bias) + options_.epsilon);
  }
}

void Adam::restore(index_t step, std::vector<double> first_moment, std::vector<double> second_moment) {
  if (step < 0 || first_moment.size() != first_.size() || second_moment.size() != second_.size()) {
    throw InvalidArgument("state", "the saved Adam state is of another network");
  }
  step_ = step;
  first_ = std::move(first_moment);
  second_ = std::move(second_moment);
}

}  // namespace nbm
