#pragma once
#include <utility>

#include "nbm/training/options.hpp"

namespace nbm::testing {

// A training of a few small steps in double precision, with counts of points that divide by nothing.
inline TrainingOptions small_training(OptimizerOptions optimizer) {
  TrainingOptions options;
  options.network = {.hidden = {5, 4}};
  options.resolution.coarsest = {0.125, 0.125, 0.125};
  options.sampling.counts = {75, 13, 17};
  options.optimizer = std::move(optimizer);
  options.precision = Precision::float64;
  options.threads = 1;
  return options;
}

}  // namespace nbm::testing
