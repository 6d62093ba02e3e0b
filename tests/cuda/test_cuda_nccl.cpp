// Sums between GPUs: a group of one rank, which needs but one GPU.
#include "core/nccl.hpp"
#include "device_fixture.hpp"
#include "nbm/core/error.hpp"

namespace {

using nbm::Communicator;
using nbm::index_t;

class OneRank : public ::testing::Test {
 protected:
  void SetUp() override {
    NBM_NEEDS_DEVICE();
    if (!nbm::cuda::nccl_available()) GTEST_SKIP() << "no NCCL";
    ranks = Communicator(nbm::cuda::make_nccl_ranks({}, 0, nbm::cuda::make_nccl_id()));
  }
  Communicator ranks;
};

std::vector<double> numbers(std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = std::sin(static_cast<double>(i)) * 1e-3 - 1.0 / 3.0;
  return values;
}

// The last of these lengths is more than goes between GPUs.
TEST_F(OneRank, SumsAreItsNumbers) {
  for (const std::size_t count : {1, 7, 1000, 65536, (1 << 20) + 1}) {
    const std::vector<double> before = numbers(count);
    std::vector<double> values = before;
    ranks.sum(values);
    EXPECT_EQ(values, before) << count;
  }
}

TEST_F(OneRank, StartsSumsAndFinishesThem) {
  ranks.reserve(3000);
  std::vector<double> first = numbers(1982), second = numbers(3000), before = first, longer = second;
  ranks.start_sum(first);
  ranks.finish_sum();
  ranks.start_sum(second);
  ranks.finish_sum();
  EXPECT_EQ(first, before);
  EXPECT_EQ(second, longer);
}

TEST_F(OneRank, IsTheRanksThatItWasMadeOf) {
  EXPECT_EQ(ranks.rank(), 0);
  EXPECT_EQ(ranks.size(), 1);
  std::vector<index_t> counts = {3, 1};
  ranks.sum(counts);
  EXPECT_EQ(counts, (std::vector<index_t>{3, 1}));
  std::vector<double> values = {0.5};
  ranks.broadcast(values);
  EXPECT_EQ(values, std::vector<double>{0.5});
}

#if defined(NBM_CUDA_ON_CPU)
TEST(Nccl, IsThereOnTheCpu) { EXPECT_TRUE(nbm::cuda::nccl_available()); }
#endif

}  // namespace
