#include "training/adam.hpp"

#include "nbm/core/error.hpp"
#include "nbm/training/adam_update.hpp"

namespace nbm {

Adam::Adam(const AdamOptions& options, index_t parameters)
    : options_(options), rate_(options.learning_rate), gradient_(static_cast<std::size_t>(parameters)) {
  options.validate();
  memory_.first.assign(gradient_.size(), 0.0);
  memory_.second.assign(gradient_.size(), 0.0);
}

GroupSums Adam::step(const Objective& objective, std::span<double> parameters) {
  const GroupSums sums = objective.gradient(parameters, gradient_);
  update(parameters, gradient_);
  return sums;
}

void Adam::update(std::span<double> parameters, std::span<const double> gradient) {
  double squares = 0;
  for (const double g : gradient) squares += g * g;
  const AdamStep step = adam_step(options_, memory_.steps, squares);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    adam_update(options_, step, gradient[i], memory_.first[i], memory_.second[i], parameters[i]);
  }
  rate_ = step.rate;
  ++memory_.steps;
}

void Adam::take(AdamMemory memory) {
  if (memory.first.size() != memory_.first.size() || memory.second.size() != memory_.second.size()) {
    throw InvalidArgument("state", "the saved Adam state is of another network");
  }
  memory_ = std::move(memory);
}

std::map<std::string, std::vector<double>> Adam::state() const {
  return {{"first_moment", memory_.first},
          {"second_moment", memory_.second},
          {"step", {static_cast<double>(memory_.steps)}}};
}

void Adam::restore(const std::map<std::string, std::vector<double>>& state) {
  take({state.at("first_moment"), state.at("second_moment"), static_cast<index_t>(state.at("step").at(0))});
}

}  // namespace nbm
