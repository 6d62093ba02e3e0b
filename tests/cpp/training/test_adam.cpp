#include <gtest/gtest.h>

#include <cmath>

#include "nbm/core/error.hpp"
#include "nbm/training/options.hpp"
#include "nbm/training/trainer.hpp"
#include "sphere_problem.hpp"

namespace {

using nbm::AdamOptions;
using nbm::RateSchedule;

nbm::TrainingOptions small_options(AdamOptions adam) {
  nbm::TrainingOptions options;
  options.network = {.hidden = {6, 6}};
  options.resolution.coarsest = {0.125, 0.125, 0.125};
  options.sampling.counts = {200, 50, 60};
  options.optimizer = adam;
  options.precision = nbm::Precision::float64;
  options.record_every = 1;
  return options;
}

TEST(AdamOptions, SchedulesReachTheirEnds) {
  AdamOptions options{
      .steps = 101, .learning_rate = 0.5, .schedule = RateSchedule::exponential, .final_fraction = 0.01};
  EXPECT_DOUBLE_EQ(options.rate(0), 0.5);
  EXPECT_NEAR(options.rate(50), 0.05, 1e-15);
  EXPECT_NEAR(options.rate(100), 0.005, 1e-15);
  options.schedule = RateSchedule::cosine;
  EXPECT_DOUBLE_EQ(options.rate(0), 0.5);
  EXPECT_NEAR(options.rate(50), 0.5 * 0.505, 1e-15);
  EXPECT_NEAR(options.rate(100), 0.005, 1e-15);
  options.schedule = RateSchedule::constant;
  EXPECT_EQ(options.rate(77), 0.5);
  EXPECT_THROW(nbm::parse_rate_schedule("linear"), nbm::InvalidArgument);
}

TEST(AdamOptions, RejectsWhatCannotTrain) {
  for (const AdamOptions& bad :
       {AdamOptions{.steps = 0}, AdamOptions{.learning_rate = -1.0}, AdamOptions{.learning_rate = NAN},
        AdamOptions{.final_fraction = 0.0}, AdamOptions{.beta1 = 1.0}, AdamOptions{.beta2 = -0.1},
        AdamOptions{.epsilon = 0.0}, AdamOptions{.clip_norm = -1.0}}) {
    EXPECT_THROW(bad.validate(), nbm::InvalidArgument);
  }
}

// The first update of Adam is rate * g / (|g| + epsilon): every parameter with a gradient moves by the rate.
TEST(Adam, FirstUpdateMovesEachParameterByTheRate) {
  AdamOptions adam{.steps = 10, .learning_rate = 1e-3};
  auto options = small_options(adam);
  options.value_scale = 1.0;  // it moves the networks of v
  options.value_shift = {0.0, 0.0};
  nbm::Trainer trainer(nbm::testing::sphere_problem(), options);
  const auto before = trainer.parameters();
  trainer.step(1);
  const auto after = trainer.parameters();
  int moved = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double change = std::fabs(after[i] - before[i]);
    EXPECT_LE(change, 1e-3 * (1 + 1e-12));
    moved += change > 0.99e-3 ? 1 : 0;
  }
  EXPECT_GE(moved, static_cast<int>(before.size()) - 5);
}

TEST(Adam, ClippingChangesNothingInTheFirstUpdateButTheScaleOfTheGradient) {
  // Adam is invariant to the gradient's scale (but for epsilon): the same first step, another second one.
  AdamOptions adam{.steps = 10, .learning_rate = 1e-3, .epsilon = 1e-300};
  nbm::Trainer free(nbm::testing::sphere_problem(), small_options(adam));
  adam.clip_norm = 1e-3;
  nbm::Trainer clipped(nbm::testing::sphere_problem(), small_options(adam));
  free.step(1);
  clipped.step(1);
  for (std::size_t i = 0; i < free.parameters().size(); ++i) {
    EXPECT_NEAR(free.parameters()[i], clipped.parameters()[i], 1e-12);
  }
  free.step(5);
  clipped.step(5);
  EXPECT_NE(free.parameters(), clipped.parameters());
}

}  // namespace
