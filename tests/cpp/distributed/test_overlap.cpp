#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <memory>

#include "nbm/core/error.hpp"
#include "nbm/training/trainer.hpp"
#include "sphere_problem.hpp"
#include "test_communicator.hpp"
#include "training_options.hpp"

// Rows that are made while a message is under way.
namespace {

using nbm::AdamOptions;
using nbm::Communicator;
using nbm::Device;
using nbm::index_t;
using nbm::Trainer;
using nbm::TrainingOptions;
using nbm::testing::fails_here;
using nbm::testing::few_steps;
using nbm::testing::gauss_newton;
using nbm::testing::on_ranks;
using nbm::testing::sphere_problem;
using nbm::testing::sphere_problem_with;
using nbm::testing::test_communicator;

// Hands all on to the ranks of the test, and takes notes.
class WatchedRanks final : public nbm::CommunicatorBackend {
 public:
  explicit WatchedRanks(Communicator ranks) : ranks_(std::move(ranks)) {}

  int rank() const override { return ranks_.rank(); }
  int size() const override { return ranks_.size(); }
  void sum(std::span<double> values) override {
    ++waited;
    ranks_.sum(values);
  }
  void sum(std::span<index_t> values) override { ranks_.sum(values); }
  void start_sum(std::span<double> values) override {
    ++started;
    under_way = true;
    ranks_.start_sum(values);
  }
  void finish_sum() override {
    under_way = false;
    ranks_.finish_sum();
  }
  void broadcast(std::span<double> values, int root) override { ranks_.broadcast(values, root); }
  void broadcast(std::span<char> bytes, int root) override { ranks_.broadcast(bytes, root); }

  int waited = 0, started = 0;
  std::atomic<bool> under_way = false;

 private:
  Communicator ranks_;
};

void expect_same_bits(TrainingOptions options) {
  options.overlap = true;
  Trainer with(sphere_problem(), options, Device::cpu(), test_communicator());
  options.overlap = false;
  Trainer without(sphere_problem(), options, Device::cpu(), test_communicator());
  with.step(3);  // a pause changes nothing
  with.run();
  without.run();
  EXPECT_EQ(with.parameters(), without.parameters());
  ASSERT_EQ(with.history().size(), without.history().size());
  for (std::size_t i = 0; i < with.history().size(); ++i) {
    EXPECT_EQ(with.history()[i].loss, without.history()[i].loss) << "step " << i;
    EXPECT_EQ(with.history()[i].rows, without.history()[i].rows) << "step " << i;
  }
}

class Overlap : public ::testing::TestWithParam<index_t> {};

TEST_P(Overlap, ChangesNoBitOfAdam) {
  on_ranks([] {
    auto options = few_steps(AdamOptions{.steps = 10});
    options.sampling.refresh = GetParam();
    expect_same_bits(options);
  });
}

TEST_P(Overlap, ChangesNoBitOfGaussNewton) {
  on_ranks([] {
    auto options = few_steps(gauss_newton(6));
    options.sampling.refresh = GetParam();
    expect_same_bits(options);
  });
}

INSTANTIATE_TEST_SUITE_P(Refresh, Overlap, ::testing::Values(1, 2, 3));

TEST(OverlapOf, GridBatchesAndChangingCellSizesChangesNoBit) {
  on_ranks([] {
    auto options = few_steps(AdamOptions{.steps = 9});
    options.resolution.levels = 3;
    options.resolution.order = nbm::ResolutionOrder::cycle;
    expect_same_bits(options);
    options.sampling.mode = nbm::SamplingOptions::Mode::grid;
    options.sampling.grid_nodes = 13;
    options.sampling.batch = 700;
    expect_same_bits(options);
  });
}

TEST(OverlapOf, DirectJumpsChangesNoBit) {
  on_ranks([] {
    auto options = few_steps(AdamOptions{.steps = 5});
    options.discretization = nbm::Discretization::direct_jump;
    options.sampling.refresh = 1;
    expect_same_bits(options);
  });
}

// With rows made afresh each step: one message a step, and rows are made while it is under way.
TEST(OverlapOf, AdamNeedsOneMessageAStep) {
  on_ranks([] {
    if (test_communicator().size() == 1) GTEST_SKIP() << "one rank sends nothing";
    const auto watched = std::make_shared<WatchedRanks>(test_communicator());
    const auto inside = std::make_shared<std::atomic<int>>(0), outside = std::make_shared<std::atomic<int>>(0);
    const nbm::Problem problem =
        sphere_problem_with([=](std::span<double>) { ++(watched->under_way ? *inside : *outside); });
    auto options = few_steps(AdamOptions{.steps = 20});
    options.sampling.refresh = 1;
    options.record_every = 20;
    options.check_every = 0;
    Trainer trainer(problem, options, Device::cpu(), Communicator(watched));
    trainer.step(3);
    const int waited = watched->waited, started = watched->started, made_outside = *outside, made_inside = *inside;
    trainer.step(10);
    EXPECT_EQ(watched->waited, waited);
    EXPECT_EQ(watched->started, started + 10);
    EXPECT_EQ(*outside, made_outside);
    EXPECT_GE(*inside, made_inside + 10);
  });
}

// A field that fails while rows are made ahead: the error comes at the step that needs them, and is over with its
// cause.
TEST(OverlapOf, RowsThatCannotBeMadeIsTheErrorOfTheirStep) {
  on_ranks([] {
    const auto armed = std::make_shared<std::atomic<bool>>(false);
    const bool here = fails_here();
    const nbm::Problem problem = sphere_problem_with([=](std::span<double> values) {
      if (*armed && here && !values.empty()) values[0] = std::numeric_limits<double>::quiet_NaN();
    });
    auto options = few_steps(AdamOptions{.steps = 12});
    options.sampling.refresh = 1;
    Trainer whole(sphere_problem(), options, Device::cpu(), test_communicator());
    whole.run();

    Trainer trainer(problem, options, Device::cpu(), test_communicator());
    trainer.step(4);
    *armed = true;
    EXPECT_THROW(trainer.run(), nbm::InvalidField);
    // The rows of the next two steps were there when the field broke.
    EXPECT_EQ(trainer.steps_done(), test_communicator().size() == 1 ? 4 : 6);
    *armed = false;
    EXPECT_EQ(trainer.run(), nbm::StopReason::completed);
    EXPECT_EQ(trainer.parameters(), whole.parameters());
  });
}

}  // namespace
