#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "nbm/core/error.hpp"
#include "nbm/training/trainer.hpp"
#include "observed_sphere.hpp"
#include "sphere_problem.hpp"
#include "test_communicator.hpp"
#include "training_options.hpp"

namespace {

using nbm::AdamOptions;
using nbm::Communicator;
using nbm::Device;
using nbm::GaussNewtonOptions;
using nbm::Trainer;
using nbm::testing::expect_same_on_all_ranks;
using nbm::testing::few_steps;
using nbm::testing::gauss_newton;
using nbm::testing::on_ranks;
using nbm::testing::sphere_problem;
using nbm::testing::test_communicator;

// Sums over the ranks differ from those of one rank by round-off, 1e-16, which grows by the condition of a step: little
// in the few steps here, some orders in those of Gauss-Newton.
constexpr double kRoundOff = 1e-8;

void expect_same_history(const nbm::History& history, const nbm::History& expected) {
  ASSERT_EQ(history.size(), expected.size());
  for (std::size_t i = 0; i < history.size(); ++i) {
    EXPECT_EQ(history[i].rows, expected[i].rows);
    EXPECT_NEAR(history[i].loss, expected[i].loss, kRoundOff * expected[i].loss) << "step " << i;
  }
}

void expect_as_one_rank(const nbm::TrainingOptions& options, const nbm::Problem& problem = sphere_problem()) {
  Trainer together(problem, options, Device::cpu(), test_communicator());
  Trainer alone(problem, options);
  together.run();
  alone.run();
  expect_same_history(together.history(), alone.history());
  expect_same_on_all_ranks(together);
}

TEST(DistributedTraining, AdamFollowsOneRank) {
  on_ranks([] { expect_as_one_rank(few_steps(AdamOptions{.steps = 12})); });
}

TEST(DistributedTraining, GaussNewtonFollowsOneRank) {
  on_ranks([] { expect_as_one_rank(few_steps(gauss_newton(6))); });
}

TEST(DistributedTraining, SeveralStartsFollowOneRank) {
  on_ranks([] { expect_as_one_rank(few_steps(GaussNewtonOptions{.steps = 5, .starts = 3, .start_steps = 2})); });
}

TEST(DistributedTraining, DirectJumpFollowsOneRank) {
  on_ranks([] {
    auto options = few_steps(gauss_newton(4));
    options.discretization = nbm::Discretization::direct_jump;
    expect_as_one_rank(options);
  });
}

TEST(DistributedTraining, InterfaceLawsFollowOneRank) {
  on_ranks([] {
    nbm::Problem problem = sphere_problem();
    problem.resistance = 0.4;
    problem.surface_reaction = 1.5;
    for (const auto discretization : {nbm::Discretization::bochkov_gibou, nbm::Discretization::direct_jump}) {
      auto options = few_steps(gauss_newton(4));
      options.discretization = discretization;
      expect_as_one_rank(options, problem);
    }
  });
}

TEST(DistributedTraining, WallsFollowOneRank) {
  on_ranks([] {
    nbm::Problem problem = sphere_problem();
    problem.walls[0].gives_u = problem.walls[3].gives_u = false;
    problem.walls[0].law.fill({2.0, 0.5, 0.0});
    problem.walls[3].law.fill({0.0, 0.0, 1.5});
    for (const auto discretization : {nbm::Discretization::bochkov_gibou, nbm::Discretization::direct_jump}) {
      auto options = few_steps(gauss_newton(4));
      options.discretization = discretization;
      expect_as_one_rank(options, problem);
    }
  });
}

TEST(DistributedTraining, ObservationsFollowOneRank) {
  on_ranks([] {
    for (const auto& optimizer : {nbm::OptimizerOptions(AdamOptions{.steps = 8}), gauss_newton(4)}) {
      auto options = few_steps(optimizer);
      options.observations = {nbm::testing::observed_sphere(37), nbm::testing::observed_slopes(20)};
      options.observations[0].per_draw = 16;
      options.weights = {{"boundary", 0.0}, {"data", 2.0}};
      expect_as_one_rank(options);
    }
  });
}

TEST(DistributedTraining, AllRanksEndAtTheErrorOfTheCells) {
  on_ranks([] {
    auto options = few_steps(GaussNewtonOptions{.steps = 90, .starts = 1});
    options.discretization = nbm::Discretization::direct_jump;
    options.resolution.coarsest = {0.25, 0.25, 0.25};
    Trainer together(sphere_problem(), options, Device::cpu(), test_communicator());
    EXPECT_EQ(together.run(), nbm::StopReason::converged);
    EXPECT_LT(together.steps_done(), 90);
    expect_same_on_all_ranks(together);
    std::vector<double> steps = {static_cast<double>(together.steps_done())};
    const std::vector<double> own = steps;
    test_communicator().broadcast(steps, 0);
    EXPECT_EQ(own, steps);
  });
}

TEST(DistributedTraining, GridModeFollowsOneRank) {
  on_ranks([] {
    auto options = few_steps(AdamOptions{.steps = 6});
    options.sampling.mode = nbm::SamplingOptions::Mode::grid;
    options.sampling.grid_nodes = 13;
    options.sampling.batch = 700;
    expect_as_one_rank(options);
  });
}

// More ranks than points of a kind: some ranks have none.
TEST(DistributedTraining, RanksWithoutPointsTakePart) {
  on_ranks([] {
    auto options = few_steps(AdamOptions{.steps = 3});
    options.sampling.counts = {2, 2, 1};
    expect_as_one_rank(options);
  });
}

// The same numbers however many ranks there are.
TEST(DistributedTraining, LossesAreTheExpectedOnes) {
  on_ranks([] {
    Trainer trainer(sphere_problem(), few_steps(gauss_newton(4)), Device::cpu(), test_communicator());
    trainer.run();
    const double expected[] = {51.8041123321735, 28.4758508237540, 23.4008654381924, 17.828184552845567};
    ASSERT_EQ(trainer.history().size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(trainer.history()[i].loss, expected[i], kRoundOff * expected[i]) << "step " << i;
    }
  });
}

TEST(DistributedTraining, ATrainingGoesOnWithAnotherNumberOfRanks) {
  on_ranks([] {
    const auto options = few_steps(gauss_newton(6));
    const Communicator communicator = test_communicator();
    const std::string path =
        (std::filesystem::path(::testing::TempDir()) / ("nbm_ranks_" + std::to_string(communicator.size()))).string();
    Trainer whole(sphere_problem(), options);
    whole.run();

    Trainer first(sphere_problem(), options, Device::cpu(), communicator);
    first.step(3);
    first.save_checkpoint(path);  // by all ranks, for one
    Trainer alone(sphere_problem(), options);
    alone.load_checkpoint(path);
    alone.run();
    expect_same_history(alone.history(), whole.history());

    Trainer start(sphere_problem(), options);
    start.step(3);
    if (communicator.rank() == 0) start.save_checkpoint(path);  // by one, for all ranks
    Trainer second(sphere_problem(), options, Device::cpu(), communicator);
    second.load_checkpoint(path);
    EXPECT_EQ(second.steps_done(), 3);
    second.run();
    expect_same_history(second.history(), whole.history());
    expect_same_on_all_ranks(second);
    if (communicator.rank() == 0) std::filesystem::remove(path);
  });
}

TEST(DistributedTraining, AnyRanksCallbackEndsTheTraining) {
  on_ranks([] {
    const Communicator communicator = test_communicator();
    Trainer trainer(sphere_problem(), few_steps(AdamOptions{.steps = 12}), Device::cpu(), communicator);
    Trainer::Callback callback;
    if (communicator.rank() == nbm::testing::failing_rank()) {
      callback = [](const nbm::HistoryEntry& entry) { return entry.step == 4; };
    }
    EXPECT_EQ(trainer.run(callback), nbm::StopReason::callback);
    EXPECT_EQ(trainer.steps_done(), 5);
  });
}

TEST(DistributedTraining, TrainersOfOneProcessDoNotMeet) {
  on_ranks([] {
    const auto options = few_steps(AdamOptions{.steps = 4});
    Trainer a(sphere_problem(), options, Device::cpu(), test_communicator());
    Trainer b(sphere_problem(), options, Device::cpu(), test_communicator());
    Trainer alone(sphere_problem(), options);
    for (int i = 0; i < 4; ++i) {
      a.step(1);
      b.step(1);
      alone.step(1);
    }
    EXPECT_EQ(a.parameters(), b.parameters());
    expect_same_history(a.history(), alone.history());
  });
}

}  // namespace
