#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>

#include "nbm/core/error.hpp"
#include "nbm/training/trainer.hpp"
#include "sphere_problem.hpp"
#include "test_communicator.hpp"
#include "training_options.hpp"

// An error on one rank must reach all of them. Where it does not, these tests hang, and whoever runs them ends them.
namespace {

using nbm::AdamOptions;
using nbm::Communicator;
using nbm::Device;
using nbm::Trainer;
using nbm::testing::failing_rank;
using nbm::testing::fails_here;
using nbm::testing::few_steps;
using nbm::testing::gauss_newton;
using nbm::testing::on_ranks;
using nbm::testing::sphere_problem;
using nbm::testing::sphere_problem_with;
using nbm::testing::test_communicator;

// The text of errors on many ranks begins with the rank.
std::string prefix() { return test_communicator().size() == 1 ? "" : "rank " + std::to_string(failing_rank()) + ": "; }

// The error that `work` throws, which must be of class E.
template <class E, class Work>
std::unique_ptr<E> error_of(Work&& work) {
  try {
    work();
  } catch (const E& e) {
    EXPECT_EQ(std::string(e.what()).rfind(prefix(), 0), 0U) << e.what();
    return std::make_unique<E>(e);
  } catch (const std::exception& e) {
    ADD_FAILURE() << "another class of error: " << e.what();
    return nullptr;
  }
  ADD_FAILURE() << "no error";
  return nullptr;
}

// The sphere problem with a source that does as `bad` says, from when `armed` is set, on the failing rank.
nbm::Problem problem_with_source(std::shared_ptr<std::atomic<bool>> armed, std::function<double()> bad) {
  const bool here = fails_here();
  return sphere_problem_with([=](std::span<double> values) {
    if (*armed && here && !values.empty()) values[0] = bad();
  });
}

class Failures : public ::testing::TestWithParam<nbm::OptimizerOptions> {
 protected:
  // After two good steps.
  Trainer armed_trainer(const std::function<double()>& bad) {
    Trainer trainer(problem_with_source(armed, bad), few_steps(GetParam()), Device::cpu(), test_communicator());
    trainer.step(2);
    *armed = true;
    return trainer;
  }
  std::shared_ptr<std::atomic<bool>> armed = std::make_shared<std::atomic<bool>>(false);
};

TEST_P(Failures, NanInAFieldOfOneRankIsInvalidFieldOnAll) {
  on_ranks([this] {
    Trainer trainer = armed_trainer([] { return std::numeric_limits<double>::quiet_NaN(); });
    const auto before = trainer.parameters();
    const auto error = error_of<nbm::InvalidField>([&] { trainer.run(); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->field, "plus.f");
    EXPECT_TRUE(std::isnan(error->value));
    EXPECT_NE(error->point.x, 0.0);
    // All may go on once the cause is gone.
    *armed = false;
    EXPECT_EQ(trainer.run(), nbm::StopReason::completed);
  });
}

TEST_P(Failures, ExceptionInAFieldOfOneRankReachesAll) {
  on_ranks([this] {
    Trainer trainer = armed_trainer([]() -> double { throw std::logic_error("no data here"); });
    if (fails_here()) {
      EXPECT_THROW(trainer.run(), std::logic_error);  // itself, not a copy of its text
      return;
    }
    const auto error = error_of<nbm::RankFailure>([&] { trainer.run(); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->rank, failing_rank());
    EXPECT_NE(std::string(error->what()).find("no data here"), std::string::npos);
  });
}

TEST_P(Failures, NanResidualsOfOneRankAreNonFiniteLossOnAll) {
  on_ranks([this] {
    auto options = few_steps(GetParam());
    options.check_every = 0;
    Trainer trainer(sphere_problem(), options, Device::cpu(), test_communicator());
    auto parameters = trainer.parameters();
    if (fails_here()) parameters.back() = std::numeric_limits<double>::quiet_NaN();
    trainer.set_parameters(parameters);
    const auto error = error_of<nbm::NonFiniteLoss>([&] { trainer.run(); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->step, 0);
    EXPECT_FALSE(error->group.empty());
  });
}

TEST_P(Failures, ExceptionInTheRecordCallbackOfOneRankReachesAll) {
  on_ranks([this] {
    Trainer trainer(sphere_problem(), few_steps(GetParam()), Device::cpu(), test_communicator());
    const auto run = [&] {
      trainer.run([](const nbm::HistoryEntry& entry) -> bool {
        if (entry.step == 1 && fails_here()) throw std::range_error("disk full");
        return false;
      });
    };
    if (fails_here()) {
      EXPECT_THROW(run(), std::range_error);
    } else {
      EXPECT_THROW(run(), nbm::RankFailure);
    }
    EXPECT_EQ(trainer.steps_done(), 2);
  });
}

TEST_P(Failures, OtherParametersOnOneRankAreFound) {
  on_ranks([this] {
    if (test_communicator().size() == 1) GTEST_SKIP() << "one rank agrees with itself";
    Trainer trainer(sphere_problem(), few_steps(GetParam()), Device::cpu(), test_communicator());
    auto parameters = trainer.parameters();
    if (fails_here()) parameters[3] += 1e-15;
    trainer.set_parameters(parameters);
    const auto error = error_of<nbm::RanksDiverged>([&] { trainer.run(); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->step, 0);
    EXPECT_EQ(error->rank, failing_rank());
  });
}

INSTANTIATE_TEST_SUITE_P(Optimizers, Failures,
                         ::testing::Values(nbm::OptimizerOptions(AdamOptions{.steps = 8}),
                                           nbm::OptimizerOptions(gauss_newton(8))),
                         [](const auto& test) { return test.param.index() == 0 ? "adam" : "gauss_newton"; });

TEST(FailuresAtConstruction, BadFieldsOfOneRank) {
  on_ranks([] {
    const auto armed = std::make_shared<std::atomic<bool>>(true);
    const auto problem = problem_with_source(armed, [] { return std::numeric_limits<double>::infinity(); });
    const auto error = error_of<nbm::InvalidField>(
        [&] { const Trainer trainer(problem, few_steps(AdamOptions{}), Device::cpu(), test_communicator()); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->field, "plus.f");
  });
}

TEST(FailuresAtConstruction, BadOptionsOfOneRank) {
  on_ranks([] {
    auto options = few_steps(AdamOptions{});
    if (fails_here()) options.record_every = 0;
    const auto error = error_of<nbm::InvalidArgument>(
        [&] { const Trainer trainer(sphere_problem(), options, Device::cpu(), test_communicator()); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->name, "record_every");
  });
}

TEST(FailuresAtConstruction, OtherOptionsOnOneRank) {
  on_ranks([] {
    if (test_communicator().size() == 1) GTEST_SKIP() << "one rank agrees with itself";
    auto options = few_steps(AdamOptions{});
    if (fails_here()) options.seed = 77;
    const auto error = error_of<nbm::InvalidArgument>(
        [&] { const Trainer trainer(sphere_problem(), options, Device::cpu(), test_communicator()); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->name, "options");
  });
}

TEST(FailuresOfFiles, AMissingCheckpointIsFileErrorOnAll) {
  on_ranks([] {
    Trainer trainer(sphere_problem(), few_steps(AdamOptions{}), Device::cpu(), test_communicator());
    const std::string nowhere = (std::filesystem::path(::testing::TempDir()) / "nbm_no_such_folder" / "file").string();
    EXPECT_THROW(trainer.load_checkpoint(nowhere), nbm::FileError);
    EXPECT_THROW(trainer.save_checkpoint(nowhere), nbm::FileError);
  });
}

}  // namespace
