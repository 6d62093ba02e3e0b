// Training on several ranks, each with a GPU of its own, whose sums go between the GPUs by NCCL: threads with emulated
// GPUs and an NCCL between threads (support/cuda_on_cpu/nccl). As tests/cpp/distributed on the CPU.
#include <cmath>
#include <cstdlib>

#include "core/device_communicator.hpp"
#include "core/shared_library.hpp"
#include "distributed/training_options.hpp"
#include "observed_sphere.hpp"

namespace {

using nbm::AdamOptions;
using nbm::Communicator;
using nbm::Device;
using nbm::GaussNewtonOptions;
using nbm::Trainer;
using nbm::TrainingOptions;
using nbm::testing::few_steps;
using nbm::testing::on_ranks;
using nbm::testing::sphere_problem;
using nbm::testing::test_communicator;

// As in tests/cpp/distributed/test_training.cpp.
constexpr double kRoundOff = 1e-8;

Device own_device() { return Device::cuda(test_communicator().rank()); }

// The emulated library's, for tests.
class Nccl {
 public:
  Nccl() {
    library_.find("nbm_nccl_gathers", gathers);
    library_.find("nbm_nccl_refuse", refuse);
  }
  int (*gathers)() = nullptr;
  void (*refuse)(int) = nullptr;

 private:
  nbm::cuda::SharedLibrary library_{"nccl", 0, "it lies beside the tests."};
};

// The ranks must be equal, as one rank to round-off, and the same with sums through the host, bit by bit.
void expect_as_one_rank(const TrainingOptions& options) {
  const Nccl nccl;
  std::vector<double> through_host;
  nccl.refuse(1);
  on_ranks([&] {
    Trainer together(sphere_problem(), options, own_device(), test_communicator());
    together.run();
    if (test_communicator().rank() == 0) through_host = together.parameters();
  });
  nccl.refuse(0);
  const int before = nccl.gathers();
  Trainer alone(sphere_problem(), options, Device::cuda(0));
  alone.run();
  on_ranks([&] {
    Trainer together(sphere_problem(), options, own_device(), test_communicator());
    together.run();
    EXPECT_EQ(together.parameters(), through_host);
    ASSERT_EQ(together.history().size(), alone.history().size());
    for (std::size_t i = 0; i < alone.history().size(); ++i) {
      const double expected = alone.history()[i].loss;
      EXPECT_EQ(together.history()[i].rows, alone.history()[i].rows);
      EXPECT_NEAR(together.history()[i].loss, expected, kRoundOff * expected) << "step " << i;
    }
    nbm::testing::expect_same_on_all_ranks(together);
  });
  EXPECT_GE(nccl.gathers() - before, 2 * static_cast<int>(alone.history().size())) << "sums went another way";
}

TrainingOptions small(const nbm::OptimizerOptions& optimizer) {
  TrainingOptions options = few_steps(optimizer);
  options.network = {.hidden = {5, 4}};
  options.sampling.counts = {75, 13, 17};
  return options;
}

TEST(RanksWithGpus, AdamFollowsOneRank) { expect_as_one_rank(small(AdamOptions{.steps = 6})); }

TEST(RanksWithGpus, GaussNewtonFollowsOneRank) { expect_as_one_rank(small(nbm::testing::gauss_newton(4))); }

TEST(RanksWithGpus, SeveralStartsFollowOneRank) {
  expect_as_one_rank(small(GaussNewtonOptions{.steps = 3, .starts = 2, .start_steps = 2}));
}

TEST(RanksWithGpus, DirectJumpAndObservationsFollowOneRank) {
  TrainingOptions options = small(AdamOptions{.steps = 4});
  options.discretization = nbm::Discretization::direct_jump;
  options.observations = {nbm::testing::observed_sphere(37)};
  options.observations[0].per_draw = 16;
  options.weights = {{"data", 2.0}};
  expect_as_one_rank(options);
}

// Sums longer than what is gathered go through the host; the bits are those of the ranks' own sums everywhere.
TEST(RanksWithGpus, SumsOfAnyLengthHaveTheBitsOfTheRanks) {
  on_ranks([] {
    const Communicator ranks = test_communicator(), between = nbm::device_communicator(ranks, own_device());
    between.reserve(5000);
    for (const std::size_t count : {1, 982, 5000, (1 << 19) + 1}) {
      std::vector<double> own(count), expected;
      for (std::size_t i = 0; i < count; ++i) own[i] = std::cos(static_cast<double>(i) + 0.3 * ranks.rank());
      expected = own;
      ranks.sum(expected);
      between.start_sum(own);
      between.finish_sum();
      EXPECT_EQ(own, expected) << count;
    }
  });
}

TEST(RanksWithGpus, AreRefusedTogether) {
  const Nccl nccl;
  nccl.refuse(1);
  const int before = nccl.gathers();
  on_ranks([&] {
    std::vector<double> values = {1.0};
    nbm::device_communicator(test_communicator(), own_device()).sum(values);
    EXPECT_EQ(values[0], test_communicator().size());
  });
  nccl.refuse(0);
  EXPECT_EQ(nccl.gathers(), before);
}

// A rank on a CPU: all sums go through the host.
TEST(RanksWithGpus, AndOneWithoutAddThroughTheHost) {
  const Nccl nccl;
  const int before = nccl.gathers();
  on_ranks([&] {
    const bool last = test_communicator().rank() + 1 == test_communicator().size();
    std::vector<double> values = {1.0};
    nbm::device_communicator(test_communicator(), last ? Device::cpu() : own_device()).sum(values);
    EXPECT_EQ(values[0], test_communicator().size());
  });
  EXPECT_EQ(nccl.gathers(), before);
}

}  // namespace
