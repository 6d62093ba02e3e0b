#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "nbm/core/error.hpp"
#include "nbm/solution/solution.hpp"
#include "nbm/training/held_out.hpp"
#include "nbm/training/trainer.hpp"
#include "sphere_problem.hpp"
#include "temporary_file.hpp"

namespace {

using nbm::AdamOptions;
using nbm::GaussNewtonOptions;
using nbm::StopReason;
using nbm::Trainer;
using nbm::TrainingOptions;
using nbm::testing::sphere_problem;

TrainingOptions options_for(const nbm::OptimizerOptions& optimizer) {
  TrainingOptions options;
  options.network = {.hidden = {8, 8}};
  options.resolution.coarsest = {0.125, 0.125, 0.125};
  options.sampling.counts = {400, 100, 100};
  options.sampling.refresh = 3;
  options.optimizer = optimizer;
  options.precision = nbm::Precision::float64;
  options.record_every = 4;
  options.threads = 2;
  return options;
}

const nbm::OptimizerOptions kAdam = AdamOptions{.steps = 12};
const nbm::OptimizerOptions kGaussNewton = GaussNewtonOptions{.steps = 12, .starts = 1};
// Two starts of 3 steps, the better one on to 9: 12 steps in all.
const nbm::OptimizerOptions kStarts = GaussNewtonOptions{.steps = 9, .starts = 2, .start_steps = 3};

class AnyOptimizer : public ::testing::TestWithParam<nbm::OptimizerOptions> {
 protected:
  std::string path = nbm::testing::temporary_file("checkpoint.safetensors");
  void TearDown() override { std::filesystem::remove(path); }
};

TEST_P(AnyOptimizer, EqualSeedsGiveEqualBitsForAnyTeam) {
  auto options = options_for(GetParam());
  Trainer first(sphere_problem(), options);
  options.threads = 1;
  Trainer second(sphere_problem(), options);
  options.seed = 1;
  Trainer other(sphere_problem(), options);
  EXPECT_EQ(first.run(), StopReason::completed);
  second.run();
  other.run();
  EXPECT_EQ(first.parameters(), second.parameters());
  EXPECT_NE(first.parameters(), other.parameters());
}

TEST_P(AnyOptimizer, RecordsAndLowersTheLoss) {
  Trainer trainer(sphere_problem(), options_for(GetParam()));
  trainer.run();
  const auto& history = trainer.history();
  ASSERT_EQ(history.size(), 4U);  // steps 0, 4, 8 and the last
  EXPECT_EQ(history[1].step, 4);
  EXPECT_EQ(history.back().step, 11);
  EXPECT_LT(history.back().loss, history.front().loss);
  for (const auto& entry : history) {
    EXPECT_GT(entry.points_per_second, 0.0);
    EXPECT_NEAR(entry.rows[0], 400, 40);
    EXPECT_EQ(entry.rows[2], 100);
  }
}

TEST_P(AnyOptimizer, ResumesWithTheSameBits) {
  const auto options = options_for(GetParam());
  Trainer whole(sphere_problem(), options);
  whole.run();
  Trainer half(sphere_problem(), options);
  EXPECT_EQ(half.step(7), StopReason::running);
  half.save_checkpoint(path);
  Trainer rest(sphere_problem(), options);
  rest.load_checkpoint(path);
  EXPECT_EQ(rest.steps_done(), 7);
  EXPECT_EQ(rest.run(), StopReason::completed);
  EXPECT_EQ(rest.parameters(), whole.parameters());
  ASSERT_EQ(rest.history().size(), whole.history().size());
  for (std::size_t i = 0; i < whole.history().size(); ++i) {
    EXPECT_EQ(rest.history()[i].step, whole.history()[i].step);
    EXPECT_EQ(rest.history()[i].loss, whole.history()[i].loss);
    EXPECT_EQ(rest.history()[i].mean_squares, whole.history()[i].mean_squares);
  }
}

TEST_P(AnyOptimizer, RefusesAnothersCheckpoint) {
  auto options = options_for(GetParam());
  Trainer(sphere_problem(), options).save_checkpoint(path);
  options.seed = 9;
  Trainer other(sphere_problem(), options);
  EXPECT_THROW(other.load_checkpoint(path), nbm::InvalidArgument);
  EXPECT_THROW(other.load_checkpoint(path + ".missing"), nbm::FileError);
}

TEST_P(AnyOptimizer, StopsWhenTheCallbackWishesAndGoesOn) {
  Trainer trainer(sphere_problem(), options_for(GetParam()));
  EXPECT_EQ(trainer.run([](const nbm::HistoryEntry& entry) { return entry.step >= 4; }), StopReason::callback);
  EXPECT_EQ(trainer.steps_done(), 5);
  EXPECT_EQ(trainer.run(), StopReason::completed);
  EXPECT_EQ(trainer.steps_done(), 12);
}

TEST_P(AnyOptimizer, NonFiniteResidualsNameTheirGroupAndKeepTheLastGoodState) {
  auto options = options_for(GetParam());
  options.sampling.counts.irregular = 0;
  Trainer trainer(sphere_problem(), options);
  auto parameters = trainer.parameters();
  parameters.back() = 1e200;  // the plus network's output bias: without k it leaves regular rows, and blows up this one
  trainer.set_parameters(parameters);
  try {
    trainer.run();
    FAIL() << "did not throw";
  } catch (const nbm::NonFiniteLoss& e) {
    EXPECT_EQ(e.step, 0);
    EXPECT_EQ(e.group, "boundary");
  }
  const std::vector<double> kept = trainer.parameters();
  for (std::size_t i = 0; i < kept.size(); ++i) {  // to units of training and back: two roundings each way
    EXPECT_NEAR(kept[i], parameters[i], 8 * 2.2e-16 * (1.0 + std::abs(parameters[i])));
  }
}

INSTANTIATE_TEST_SUITE_P(Optimizers, AnyOptimizer, ::testing::Values(kAdam, kGaussNewton, kStarts));

TEST(Trainer, TheBestStartGoesOn) {
  auto options = options_for(GaussNewtonOptions{.steps = 8, .starts = 3, .start_steps = 4});
  options.record_every = 1;
  options.sampling.refresh = 100;  // one draw: losses are comparable
  Trainer trainer(sphere_problem(), options);
  EXPECT_EQ(trainer.steps_total(), 16);
  trainer.run();
  const auto& history = trainer.history();
  ASSERT_EQ(history.size(), 16U);
  const double ends[] = {history[3].loss, history[7].loss, history[11].loss};
  EXPECT_LE(history[12].loss, *std::min_element(std::begin(ends), std::end(ends)));
  EXPECT_NE(history[0].loss, history[4].loss);
}

TEST(Trainer, GivenParametersMakeOneStart) {
  auto options = options_for(GaussNewtonOptions{.steps = 8, .starts = 3, .start_steps = 4});
  Trainer first(sphere_problem(), options);
  first.run();
  Trainer warm(sphere_problem(), options);
  warm.set_parameters(first.parameters());
  EXPECT_EQ(warm.steps_total(), 8);
  warm.run();
  EXPECT_LT(warm.history().front().loss, 2 * first.history().back().loss);  // on other points
}

TEST(Trainer, PlateauEndsTraining) {
  auto options = options_for(AdamOptions{.steps = 1000, .learning_rate = 1e-12});
  options.plateau = {.window = 5, .tolerance = 0.01};
  options.sampling.refresh = 1000;  // one draw: the loss does not fluctuate
  Trainer trainer(sphere_problem(), options);
  EXPECT_EQ(trainer.run(), StopReason::plateau);
  EXPECT_EQ(trainer.steps_done(), 10);
}

TrainingOptions coarse_cells(nbm::Discretization discretization) {
  auto options = options_for(GaussNewtonOptions{.steps = 90, .starts = 1});
  options.resolution.coarsest = {0.25, 0.25, 0.25};
  options.sampling.counts = {600, 300, 200};
  options.discretization = discretization;
  options.record_every = 1;
  return options;
}

// The weighted loss at points that no training draws.
double held_out_loss(const TrainingOptions& options, const std::vector<double>& parameters, double h) {
  const nbm::Problem problem = sphere_problem();
  const auto residuals = nbm::held_out_residuals(problem, options.network, parameters,
                                                 {.discretization = options.discretization,
                                                  .counts = options.sampling.counts,
                                                  .cell_size = {h, h, h},
                                                  .threads = 1,
                                                  .network_map = {}});
  const auto weights = nbm::group_weights(options.loss, options.discretization, problem.box, {h, h, h});
  double loss = 0;
  for (std::size_t g = 0; g < nbm::kMostGroups; ++g) {
    double squares = 0;
    for (const double r : residuals[g]) squares += r * r;
    if (!residuals[g].empty()) loss += weights[g] * weights[g] * squares / static_cast<double>(residuals[g].size());
  }
  return loss;
}

TEST(Trainer, GaussNewtonEndsAtTheErrorOfTheCells) {
  const auto options = coarse_cells(nbm::Discretization::direct_jump);
  Trainer trainer(sphere_problem(), options);
  EXPECT_EQ(trainer.run(), StopReason::converged);
  EXPECT_LT(trainer.steps_done(), 90);
  EXPECT_EQ(trainer.history().back().step, trainer.steps_done() - 1);
  const double full = held_out_loss(options, trainer.parameters(), 0.25),
               half = held_out_loss(options, trainer.parameters(), 0.125);
  EXPECT_LT(full, 0.2 * half);  // 0.09 at the points of the training
  // At the look before it was not so: looks are six steps apart, the last step is the look.
  Trainer before(sphere_problem(), options);
  EXPECT_EQ(before.step(trainer.steps_done() - 7), StopReason::running);
  EXPECT_GT(held_out_loss(options, before.parameters(), 0.25),
            0.05 * held_out_loss(options, before.parameters(), 0.125));
  EXPECT_EQ(trainer.run(), StopReason::converged);  // at its end it stays
}

TEST(Trainer, CutCellsEndWhereTheLossComesToRest) {
  auto options = coarse_cells(nbm::Discretization::bochkov_gibou);
  Trainer trainer(sphere_problem(), options);
  EXPECT_EQ(trainer.run(), StopReason::plateau);
  const auto steps = static_cast<std::size_t>(trainer.steps_done());
  EXPECT_LT(steps, 90U);
  const auto& history = trainer.history();
  EXPECT_GT(history[steps - 1].loss, 0.5 * history[steps - 7].loss);
  std::get<GaussNewtonOptions>(options.optimizer).stop_fraction = 0.0;
  EXPECT_EQ(Trainer(sphere_problem(), options).run(), StopReason::completed);
}

TEST(Trainer, LooksForItsEndAlikeAfterAResumption) {
  const auto options = coarse_cells(nbm::Discretization::bochkov_gibou);
  const std::string path = nbm::testing::temporary_file("looks.safetensors");
  Trainer whole(sphere_problem(), options);
  whole.run();
  Trainer half(sphere_problem(), options);
  half.step(whole.steps_done() - 4);  // between the last two looks
  half.save_checkpoint(path);
  Trainer rest(sphere_problem(), options);
  rest.load_checkpoint(path);
  EXPECT_EQ(rest.run(), StopReason::plateau);
  EXPECT_EQ(rest.steps_done(), whole.steps_done());
  EXPECT_EQ(rest.parameters(), whole.parameters());
  std::filesystem::remove(path);
}

TEST(Trainer, DirectJumpTrainsOnJumpRows) {
  auto options = options_for(kGaussNewton);
  options.discretization = nbm::Discretization::direct_jump;
  options.resolution.coarsest = {1.0 / 64, 1.0 / 64, 1.0 / 64};
  Trainer trainer(sphere_problem(), options);
  trainer.run();
  const auto& last = trainer.history().back();
  EXPECT_EQ(last.rows[1], 0.0);
  EXPECT_EQ(last.rows[3], 100.0);
  EXPECT_EQ(last.rows[4], 100.0);
  EXPECT_EQ(last.rows[0], 400.0);  // nothing is dropped at the interface
  EXPECT_LT(last.loss, 1e-2 * trainer.history().front().loss);
}

TEST(Trainer, GridModeTakesEveryNodeOnce) {
  auto options = options_for(AdamOptions{.steps = 4});
  options.sampling.mode = nbm::SamplingOptions::Mode::grid;
  options.sampling.grid_nodes = 17;
  options.sampling.batch = 1300;  // 17^3 = 4913 nodes in 4 batches
  options.record_every = 1;
  Trainer trainer(sphere_problem(), options);
  trainer.run();
  double nodes = 0;
  for (const auto& entry : trainer.history()) {
    for (const double rows : entry.rows) nodes += rows;
  }
  EXPECT_EQ(nodes, 4913.0);
}

TEST(Trainer, LevelsHalveTheCellSize) {
  auto options = options_for(AdamOptions{.steps = 6});
  options.resolution.levels = 3;
  options.record_every = 1;
  Trainer trainer(sphere_problem(), options);
  trainer.run();
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(trainer.history()[i].cell_size, 0.125 / static_cast<double>(1 << (i / 2)));
  }
}

TEST(Trainer, AProblemWithoutInterfaceIsAPlainProblem) {
  auto problem = sphere_problem();
  problem.level_set = 1.0;
  auto options = options_for(GaussNewtonOptions{.steps = 25, .starts = 1});
  Trainer trainer(problem, options);
  EXPECT_FALSE(trainer.has_interface());
  trainer.run();
  EXPECT_EQ(trainer.history().back().rows[1], 0.0);
  const nbm::Solution solution = trainer.solution();
  nbm::Points points;
  for (int i = 0; i < 200; ++i) points.push_back({std::sin(1.0 + i), std::sin(2.0 + 3 * i), std::sin(3.0 + 5 * i)});
  std::vector<double> u(points.x.size());
  nbm::ThreadPool pool(1);
  solution.evaluate(points.view(), u, pool);
  for (int i = 0; i < 200; ++i) {
    const auto at = static_cast<std::size_t>(i);
    // u+ extends through the box. 25 steps of a network of 8 + 8 leave about three digits.
    EXPECT_NEAR(u[at], std::cos(points.x[at]) * std::sin(points.y[at]), 5e-2);
  }
}

TEST(Trainer, RejectsOptionsThatContradictEachOther) {
  auto options = options_for(kAdam);
  options.discretization = nbm::Discretization::direct_jump;
  options.sampling.mode = nbm::SamplingOptions::Mode::grid;
  EXPECT_THROW(Trainer(sphere_problem(), options), nbm::InvalidArgument);
  options = options_for(kAdam);
  options.record_every = 0;
  EXPECT_THROW(Trainer(sphere_problem(), options), nbm::InvalidArgument);
  options = options_for(GaussNewtonOptions{.increase = 0.5});
  EXPECT_THROW(Trainer(sphere_problem(), options), nbm::InvalidArgument);
}

TEST(Trainer, WithoutCudaSaysSo) {
  if (nbm::Device::automatic() != nbm::Device::cpu()) GTEST_SKIP() << "this machine has a GPU";
  EXPECT_THROW(Trainer(sphere_problem(), options_for(kAdam), nbm::Device::cuda(0)), nbm::BackendUnavailable);
}

}  // namespace
