#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "nbm/core/error.hpp"
#include "nbm/rows/observations.hpp"
#include "nbm/solution/solution.hpp"
#include "nbm/training/trainer.hpp"
#include "observed_sphere.hpp"
#include "temporary_file.hpp"

namespace {

using namespace nbm;
using nbm::testing::observed_sphere;
using nbm::testing::sphere_problem;

TrainingOptions options_with(const OptimizerOptions& optimizer, Observations data) {
  TrainingOptions options;
  options.network = {.hidden = {8, 8}};
  options.resolution.coarsest = {0.125, 0.125, 0.125};
  options.sampling.counts = {200, 60, 60};
  options.sampling.refresh = 3;
  options.optimizer = optimizer;
  options.precision = Precision::float64;
  options.record_every = 1;
  options.threads = 2;
  options.observations = {std::move(data)};
  return options;
}

const OptimizerOptions kAdam = AdamOptions{.steps = 12};
const OptimizerOptions kGaussNewton = GaussNewtonOptions{.steps = 12, .starts = 1, .stop_fraction = 0.0};

// The points of draws, in network coordinates (here those of the box), with the ranks' shares joined.
std::map<double, int> taken(const ObservationRows& rows, index_t draws, int ranks) {
  std::map<double, int> times;  // by x, in which no two points agree
  for (index_t draw = 0; draw < draws; ++draw) {
    for (int rank = 0; rank < ranks; ++rank) {
      std::vector<PointRows> sets;
      rows.append(draw, {0.1, 0.1, 0.1}, rank, ranks, sets);
      for (const PointRows& set : sets) {
        EXPECT_LE(set.size(), rows.most(set.touches(0) ? Side::minus : Side::plus));
        for (const double x : set.x[0]) ++times[x];
      }
    }
  }
  return times;
}

TEST(ObservationRows, DrawsTakeEachPointOnceBeforeAnyComesAgain) {
  Observations data = observed_sphere(35);
  data.per_draw = 7;
  const ObservationRows rows(sphere_problem(), data, kStandardGroups, 3);
  for (const auto& [x, times] : taken(rows, 5, 1)) EXPECT_EQ(times, 1) << x;
  EXPECT_EQ(taken(rows, 5, 1).size(), 35U);
  for (const auto& [x, times] : taken(rows, 15, 1)) EXPECT_EQ(times, 3) << x;
  EXPECT_NE(taken(rows, 1, 1), taken(ObservationRows(sphere_problem(), data, kStandardGroups, 4), 1, 1));
}

TEST(ObservationRows, RanksShareADraw) {
  Observations data = observed_sphere(35);
  for (const index_t per_draw : {0, 8}) {
    data.per_draw = per_draw;
    const ObservationRows rows(sphere_problem(), data, kStandardGroups, 3);
    EXPECT_EQ(taken(rows, 3, 3), taken(rows, 3, 1));
  }
}

TEST(ObservationRows, BelongToTheSideOfTheirPointUnlessToldOtherwise) {
  Observations data = observed_sphere(30);
  std::vector<PointRows> sets;
  ObservationRows(sphere_problem(), data, kStandardGroups, 0).append(0, {0.1, 0.1, 0.1}, 0, 1, sets);
  ASSERT_EQ(sets.size(), 2U);
  EXPECT_GT(sets[0].size(), 0);
  for (std::size_t side = 0; side < kSides; ++side) {
    EXPECT_TRUE(sets[side].touches(side) && sets[side].one_sided());
    for (std::size_t i = 0; i < sets[side].rhs.size(); ++i) {
      const auto& x = sets[side].x;
      EXPECT_EQ(std::hypot(x[0][i], x[1][i], x[2][i]) < 0.5, side == 0);
    }
  }
  data.side = Side::minus;
  sets.clear();
  ObservationRows(sphere_problem(), data, kStandardGroups, 0).append(0, {0.1, 0.1, 0.1}, 0, 1, sets);
  EXPECT_EQ(sets[0].size(), 30);
  EXPECT_EQ(sets[1].size(), 0);
}

TEST(Observations, SayWhatIsWrongWithThem) {
  const auto argument = [](auto spoil) -> std::string {
    Observations data = observed_sphere(9);
    spoil(data);
    try {
      data.validate(Box{});
    } catch (const InvalidArgument& e) {
      return e.name;
    }
    return "nothing";
  };
  EXPECT_EQ(argument([](Observations&) {}), "nothing");
  EXPECT_EQ(argument([](Observations& o) { o.name = "two words"; }), "name");
  EXPECT_EQ(argument([](Observations& o) { o.points.x[3] = 1.5; }), "points");
  EXPECT_EQ(argument([](Observations& o) { o.points.clear(); }), "points");
  EXPECT_EQ(argument([](Observations& o) { o.values.pop_back(); }), "values");
  EXPECT_EQ(argument([](Observations& o) { o.values[8] = NAN; }), "values");
  EXPECT_EQ(argument([](Observations& o) { o.sigma = {1.0, 2.0}; }), "sigma");
  EXPECT_EQ(argument([](Observations& o) { o.sigma = {0.0}; }), "sigma");
  EXPECT_EQ(argument([](Observations& o) { o.directions.push_back({1, 0, 0}); }), "directions");
  EXPECT_EQ(argument([](Observations& o) { o.per_draw = -1; }), "per_draw");
  EXPECT_EQ(argument([](Observations& o) { o.weight = -1; }), "weight");
}

TEST(Observations, AreAGroupOfTheHistory) {
  Observations data = observed_sphere(90);
  data.name = "sensors";
  data.per_draw = 40;
  Trainer trainer(sphere_problem(), options_with(kGaussNewton, data));
  EXPECT_EQ(trainer.group_names().back(), "sensors");
  trainer.run();
  const auto& first = trainer.history().front();
  const auto& last = trainer.history().back();
  EXPECT_EQ(last.rows[kStandardGroups], 40.0);
  EXPECT_LT(last.mean_squares[kStandardGroups], 1e-2 * first.mean_squares[kStandardGroups]);
}

// Without the equation, boundary and interface: a fit of each side's values, which 2 x 113 parameters learn.
TEST(Observations, AloneAreAFit) {
  auto options = options_with(GaussNewtonOptions{.steps = 40, .starts = 1, .stop_fraction = 0.0}, observed_sphere(600));
  options.weights = {{"regular", 0.0}, {"irregular", 0.0}, {"boundary", 0.0}};
  Trainer trainer(sphere_problem(), options);
  trainer.run();
  const auto& last = trainer.history().back();
  for (int group = 0; group < kStandardGroups; ++group) EXPECT_EQ(last.rows[static_cast<std::size_t>(group)], 0.0);
  EXPECT_LT(last.mean_squares[kStandardGroups], 1e-4);
  // Then the equation as well, in the same training.
  trainer.set_weights({});
  EXPECT_EQ(trainer.weights().at("regular"), 1.0);
  EXPECT_EQ(trainer.steps_done(), trainer.steps_total());
}

TEST(Observations, WeightsChangeBetweenStages) {
  auto options = options_with(kAdam, observed_sphere(50));
  options.weights = {{"regular", 0.0}, {"data", 2.0}};
  Trainer trainer(sphere_problem(), options);
  trainer.step(5);
  EXPECT_EQ(trainer.history().back().rows[kRegularGroup], 0.0);
  const auto weights = trainer.options().group_weights(trainer.problem().box, {0.125, 0.125, 0.125});
  const auto loss_of = [&](const HistoryEntry& e, double regular, double data) {
    double loss = 0;
    for (std::size_t g = 0; g < kMostGroups; ++g) {
      const double factor = g == kRegularGroup ? regular : g == kStandardGroups ? data : 1.0;
      loss += std::pow(factor * weights[g], 2) * e.mean_squares[g];
    }
    return loss;
  };
  EXPECT_NEAR(trainer.history().back().loss, loss_of(trainer.history().back(), 0.0, 2.0), 1e-12);
  trainer.set_weights({{"regular", 0.5}});
  trainer.run();
  const auto& last = trainer.history().back();
  EXPECT_GT(last.rows[kRegularGroup], 0.0);
  EXPECT_NEAR(last.loss, loss_of(last, 0.5, 1.0), 1e-12 * last.loss);
  EXPECT_THROW(trainer.set_weights({{"sensors", 1.0}}), InvalidArgument);
  EXPECT_THROW(trainer.set_weights({{"data", -1.0}}), InvalidArgument);
}

class ObservedTraining : public ::testing::TestWithParam<OptimizerOptions> {};

TEST_P(ObservedTraining, GoesOnFromACheckpointWithTheSameBits) {
  Observations data = observed_sphere(50);
  data.per_draw = 20;
  const auto options = options_with(GetParam(), data);
  const std::string path = nbm::testing::temporary_file("observed.safetensors");
  const auto train = [&](bool interrupted) {
    Trainer trainer(sphere_problem(), options);
    trainer.step(4);
    trainer.set_weights({{"boundary", 0.0}, {"data", 3.0}});
    trainer.step(3);
    if (!interrupted) {
      trainer.run();
      return std::pair(trainer.parameters(), trainer.history().back().loss);
    }
    trainer.save_checkpoint(path);
    Trainer rest(sphere_problem(), options);
    rest.load_checkpoint(path);
    EXPECT_EQ(rest.weights(), trainer.weights());
    rest.run();
    return std::pair(rest.parameters(), rest.history().back().loss);
  };
  EXPECT_EQ(train(true), train(false));
  auto other = options;
  other.observations[0].values[0] += 1e-9;
  EXPECT_THROW(Trainer(sphere_problem(), other).load_checkpoint(path), InvalidArgument);
  std::filesystem::remove(path);
}

INSTANTIATE_TEST_SUITE_P(Optimizers, ObservedTraining, ::testing::Values(kAdam, kGaussNewton));

TEST(Observations, NeedNamesOfTheirOwn) {
  auto options = options_with(kAdam, observed_sphere(9));
  options.observations.push_back(observed_sphere(5));
  EXPECT_THROW(Trainer(sphere_problem(), options), InvalidArgument);
  options.observations[1].name = "boundary";
  EXPECT_THROW(Trainer(sphere_problem(), options), InvalidArgument);
  options.observations[1].name = "more";
  EXPECT_NO_THROW(Trainer(sphere_problem(), options));
}

}  // namespace
