#pragma once
#include <cmath>

#include "nbm/training/options.hpp"

// The arithmetic of Adam (Kingma & Ba 2015), of a step and of one parameter. Host and device.
namespace nbm {

// The learning rate of step number `step`, from 0.
NBM_HD double adam_rate(const AdamOptions& options, index_t step) {
  constexpr double pi = 3.14159265358979323846;
  const double progress = options.steps > 1 ? static_cast<double>(step) / static_cast<double>(options.steps - 1) : 0.0;
  switch (options.schedule) {
    case RateSchedule::exponential: return options.learning_rate * pow(options.final_fraction, progress);
    case RateSchedule::cosine:
      return options.learning_rate *
             (options.final_fraction + (1.0 - options.final_fraction) * 0.5 * (1.0 + cos(pi * progress)));
    case RateSchedule::constant: break;
  }
  return options.learning_rate;
}

// What all parameters have in common in a step.
struct AdamStep {
  double rate;
  double scale;                    // of the gradient, by the clipping
  double first_bias, second_bias;  // 1 - beta^t
};

// gradient_squares: the sum over the gradient's entries; used with clipping only.
NBM_HD AdamStep adam_step(const AdamOptions& options, index_t step, double gradient_squares) {
  const auto t = static_cast<double>(step + 1);
  AdamStep of{adam_rate(options, step), 1.0, 1.0 - pow(options.beta1, t), 1.0 - pow(options.beta2, t)};
  const double norm = sqrt(gradient_squares);
  if (options.clip_norm > 0 && norm > options.clip_norm) of.scale = options.clip_norm / norm;
  return of;
}

// The update of one parameter and of the moments of its derivative.
NBM_HD void adam_update(const AdamOptions& options, const AdamStep& step, double derivative, double& first,
                        double& second, double& parameter) {
  const double g = step.scale * derivative;
  first += (1.0 - options.beta1) * (g - first);
  second += (1.0 - options.beta2) * (g * g - second);
  parameter -= step.rate * (first / step.first_bias) / (sqrt(second / step.second_bias) + options.epsilon);
}

}  // namespace nbm
