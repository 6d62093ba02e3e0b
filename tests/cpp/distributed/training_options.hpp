#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "nbm/training/trainer.hpp"
#include "sphere_problem.hpp"
#include "test_communicator.hpp"

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

// The sphere problem; `meddle` is handed the values of the source outside the sphere wherever they are asked for.
inline Problem sphere_problem_with(std::function<void(std::span<double>)> meddle) {
  Problem problem = sphere_problem();
  const Field source = problem.plus.f;
  problem.plus.f = Field([=](PointsView points, std::span<double> values) {
    source.evaluate(points, values);
    meddle(values);
  });
  return problem;
}

inline bool fails_here() { return test_communicator().rank() == failing_rank(); }

inline void expect_same_on_all_ranks(const Trainer& trainer) {
  std::vector<double> first = trainer.parameters();
  test_communicator().broadcast(first, 0);
  EXPECT_EQ(trainer.parameters(), first);  // the same bits
}

}  // namespace nbm::testing
