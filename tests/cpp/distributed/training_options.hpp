#pragma once
#include "nbm/training/options.hpp"

namespace nbm::testing {

// With numbers of their own, so that a better default does not change what is expected.
inline OptimizerOptions gauss_newton(index_t steps) {
  return GaussNewtonOptions{.steps = steps, .damping = 1e-3, .decrease = 3.0, .increase = 4.0, .starts = 1};
}

// A few steps on the sphere problem.
inline TrainingOptions few_steps(const OptimizerOptions& optimizer) {
  TrainingOptions options;
  options.network = {.hidden = {8, 8}};
  options.resolution.coarsest = {0.125, 0.125, 0.125};
  options.sampling.counts = {400, 101, 100};
  options.sampling.refresh = 3;
  options.optimizer = optimizer;
  options.precision = Precision::float64;
  options.record_every = 1;
  options.check_every = 2;
  options.threads = 1;
  return options;
}

}  // namespace nbm::testing
