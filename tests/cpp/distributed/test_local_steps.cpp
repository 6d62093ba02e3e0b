#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>

#include "nbm/core/error.hpp"
#include "nbm/training/backend.hpp"
#include "nbm/training/trainer.hpp"
#include "sphere_problem.hpp"
#include "test_communicator.hpp"
#include "training_options.hpp"

// Steps of each rank alone between two averages.
namespace {

using nbm::AdamOptions;
using nbm::Device;
using nbm::index_t;
using nbm::Trainer;
using nbm::TrainingOptions;
using nbm::testing::expect_same_on_all_ranks;
using nbm::testing::failing_rank;
using nbm::testing::fails_here;
using nbm::testing::few_steps;
using nbm::testing::on_ranks;
using nbm::testing::sphere_problem;
using nbm::testing::sphere_problem_with;
using nbm::testing::test_communicator;

TrainingOptions local(index_t local_steps, index_t steps = 12) {
  TrainingOptions options =
      few_steps(AdamOptions{.steps = steps, .schedule = nbm::RateSchedule::constant, .local_steps = local_steps});
  options.record_every = 100;
  return options;
}

// Adam as Kingma & Ba write it, on the rows of one rank alone.
struct RankAlone {
  std::unique_ptr<nbm::TrainingBackend> backend;
  std::vector<double> parameters, first, second;

  void step(index_t step, const TrainingOptions& options) {
    const auto& adam = std::get<AdamOptions>(options.optimizer);
    const nbm::Vec3<double> h = options.resolution.coarsest;
    if (step % options.sampling.refresh == 0) backend->assemble(step / options.sampling.refresh, h);
    const auto weights = nbm::group_weights(options.loss, options.discretization, sphere_problem().box, h);
    auto factors = backend->row_counts();
    for (std::size_t g = 0; g < factors.size(); ++g) {
      factors[g] = factors[g] > 0 ? 2.0 * weights[g] * weights[g] / factors[g] : 0.0;
    }
    std::vector<double> gradient(parameters.size(), 0.0);
    backend->add_loss_gradient(parameters, factors, gradient);
    const double t = static_cast<double>(step) + 1.0;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      first[i] = adam.beta1 * first[i] + (1.0 - adam.beta1) * gradient[i];
      second[i] = adam.beta2 * second[i] + (1.0 - adam.beta2) * gradient[i] * gradient[i];
      parameters[i] -= adam.learning_rate * (first[i] / (1.0 - std::pow(adam.beta1, t))) /
                       (std::sqrt(second[i] / (1.0 - std::pow(adam.beta2, t))) + adam.epsilon);
    }
  }
};

std::vector<double> mean_of(const std::vector<RankAlone>& ranks, std::vector<double> RankAlone::*member) {
  std::vector<double> mean((ranks.front().*member).size(), 0.0);
  for (const RankAlone& rank : ranks) {
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += (rank.*member)[i] / static_cast<double>(ranks.size());
  }
  return mean;
}

TEST(LocalSteps, AreThoseOfRanksAloneBetweenAverages) {
  on_ranks([] {
    constexpr index_t kSteps = 6, kLocal = 3;
    const TrainingOptions options = local(kLocal, kSteps);
    Trainer trainer(sphere_problem(), options, Device::cpu(), test_communicator());
    std::vector<RankAlone> ranks(static_cast<std::size_t>(test_communicator().size()));
    for (std::size_t r = 0; r < ranks.size(); ++r) {
      ranks[r].backend = nbm::make_training_backend(sphere_problem(), options, Device::cpu(), static_cast<int>(r),
                                                    test_communicator().size());
      ranks[r].parameters = trainer.parameters();
      ranks[r].first.assign(trainer.parameters().size(), 0.0);
      ranks[r].second = ranks[r].first;
    }
    for (index_t step = 0; step < kSteps; ++step) {
      for (RankAlone& rank : ranks) rank.step(step, options);
      // One rank averages with nobody; step 0 is recorded.
      if (step != 0 && (step + 1) % kLocal != 0) continue;
      for (const auto member : {&RankAlone::parameters, &RankAlone::first, &RankAlone::second}) {
        const std::vector<double> mean = mean_of(ranks, member);
        for (RankAlone& rank : ranks) rank.*member = mean;
      }
    }
    trainer.run();
    // The same arithmetic written otherwise; each step moves a parameter by the learning rate at most, known to 1e-12
    // where the gradient is not round-off itself.
    for (std::size_t i = 0; i < trainer.parameters().size(); ++i) {
      EXPECT_NEAR(trainer.parameters()[i], ranks[0].parameters[i], 1e-9) << i;
    }
    expect_same_on_all_ranks(trainer);
  });
}

TEST(LocalSteps, OfOneRankAreItsSteps) {
  Trainer local_trainer(sphere_problem(), local(4)), trainer(sphere_problem(), local(1));
  local_trainer.run();
  trainer.run();
  EXPECT_EQ(local_trainer.parameters(), trainer.parameters());
}

TEST(LocalSteps, EndAlikeOnAllRanksWhereverTheCallEnds) {
  on_ranks([] {
    Trainer trainer(sphere_problem(), local(4), Device::cpu(), test_communicator());
    for (const index_t steps : {1, 2, 3, 5}) {
      trainer.step(steps);
      expect_same_on_all_ranks(trainer);
    }
    EXPECT_EQ(trainer.steps_done(), 11);
  });
}

TEST(LocalSteps, RecordTheRowsOfAllRanks) {
  on_ranks([] {
    auto options = local(4);
    options.record_every = 5;
    Trainer trainer(sphere_problem(), options, Device::cpu(), test_communicator());
    options.optimizer = AdamOptions{.steps = 12};
    Trainer alone(sphere_problem(), options);
    trainer.run();
    alone.run();
    ASSERT_EQ(trainer.history().size(), 4U);  // steps 0, 5, 10, 11
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(trainer.history()[i].step, alone.history()[i].step);
      EXPECT_EQ(trainer.history()[i].rows, alone.history()[i].rows);
    }
    // No step was made before the first record: the sums of the ranks are those of one, up to round-off.
    EXPECT_NEAR(trainer.history()[0].loss, alone.history()[0].loss, 1e-12 * alone.history()[0].loss);
  });
}

TEST(LocalSteps, GoOnFromACheckpointWithTheSameBits) {
  on_ranks([] {
    const std::string path = (std::filesystem::path(::testing::TempDir()) /
                              ("nbm_local_steps_" + std::to_string(test_communicator().size())))
                                 .string();
    Trainer whole(sphere_problem(), local(4), Device::cpu(), test_communicator());
    whole.step(6);
    whole.save_checkpoint(path);
    whole.run();
    Trainer second(sphere_problem(), local(4), Device::cpu(), test_communicator());
    second.load_checkpoint(path);
    second.run();
    EXPECT_EQ(second.parameters(), whole.parameters());
    if (test_communicator().rank() == 0) std::filesystem::remove(path);
  });
}

// All return to the last average, and may go on.
TEST(LocalSteps, AnErrorOfOneRankIsThatOfAll) {
  on_ranks([] {
    const auto countdown = std::make_shared<std::atomic<int>>(1 << 30);
    const bool here = fails_here();
    const nbm::Problem problem = sphere_problem_with([=](std::span<double> values) {
      if (here && --*countdown < 0 && !values.empty()) values[0] = std::numeric_limits<double>::quiet_NaN();
    });
    auto options = local(4);
    options.sampling.refresh = 1;
    Trainer whole(sphere_problem(), options, Device::cpu(), test_communicator());
    whole.run();

    Trainer trainer(problem, options, Device::cpu(), test_communicator());
    trainer.step(4);
    const std::vector<double> before = trainer.parameters();
    *countdown = 7;  // somewhere among the local steps
    EXPECT_THROW(trainer.run(), nbm::InvalidField);
    if (test_communicator().size() > 1) {
      EXPECT_EQ(trainer.steps_done(), 4);
      EXPECT_EQ(trainer.parameters(), before);
    }
    *countdown = 1 << 30;
    EXPECT_EQ(trainer.run(), nbm::StopReason::completed);
    EXPECT_EQ(trainer.parameters(), whole.parameters());
  });
}

TEST(LocalSteps, OtherParametersOnOneRankAreFound) {
  on_ranks([] {
    if (test_communicator().size() == 1) GTEST_SKIP() << "one rank agrees with itself";
    Trainer trainer(sphere_problem(), local(4), Device::cpu(), test_communicator());
    auto parameters = trainer.parameters();
    if (test_communicator().rank() == failing_rank()) parameters[3] += 1e-15;
    trainer.set_parameters(parameters);
    EXPECT_THROW(trainer.run(), nbm::RanksDiverged);
  });
}

TEST(LocalSteps, AreAtLeastOne) { EXPECT_THROW(Trainer(sphere_problem(), local(0)), nbm::InvalidArgument); }

}  // namespace
