#include "test_communicator.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using nbm::Communicator;
using nbm::index_t;
using nbm::testing::on_ranks;
using nbm::testing::test_communicator;

// Numbers of very different sizes and signs: their sum depends on the order in which they are added.
std::vector<double> numbers_of(int rank, std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double t = static_cast<double>(i + 1) * (rank + 1);
    values[i] = std::sin(t) * std::pow(10.0, static_cast<double>((i + 5 * static_cast<std::size_t>(rank)) % 17));
  }
  return values;
}

class Sums : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Sums, AreAddedInRankOrder) {
  on_ranks([] {
    const Communicator communicator = test_communicator();
    std::vector<double> values = numbers_of(communicator.rank(), GetParam());
    communicator.sum(values);
    std::vector<double> expected = numbers_of(0, GetParam());
    for (int rank = 1; rank < communicator.size(); ++rank) {
      const auto more = numbers_of(rank, GetParam());
      for (std::size_t i = 0; i < more.size(); ++i) expected[i] += more[i];
    }
    EXPECT_EQ(values, expected);  // the same bits
  });
}

TEST_P(Sums, InTwoCallsHaveTheSameBits) {
  on_ranks([] {
    const Communicator communicator = test_communicator();
    std::vector<double> at_once = numbers_of(communicator.rank(), GetParam());
    std::vector<double> values = at_once;
    communicator.sum(at_once);
    communicator.start_sum(values);
    communicator.finish_sum();
    EXPECT_EQ(values, at_once);
  });
}

TEST_P(Sums, OfIntegersAreExact) {
  on_ranks([] {
    const Communicator communicator = test_communicator();
    std::vector<index_t> values(GetParam());
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = (index_t{1} << 53) + static_cast<index_t>(i) + communicator.rank();
    }
    communicator.sum(values);
    const index_t ranks = communicator.size();
    for (std::size_t i = 0; i < values.size(); ++i) {
      ASSERT_EQ(values[i], ranks * ((index_t{1} << 53) + static_cast<index_t>(i)) + ranks * (ranks - 1) / 2);
    }
  });
}

// Nothing, fewer than ranks, one gather, and parts of unequal size.
INSTANTIATE_TEST_SUITE_P(Lengths, Sums, ::testing::Values(0, 1, 2, 7, 1000, 20011));

TEST(Communicator, BroadcastsFromAnyRank) {
  on_ranks([] {
    const Communicator communicator = test_communicator();
    for (int root = 0; root < communicator.size(); ++root) {
      std::vector<double> values = numbers_of(communicator.rank(), 5);
      communicator.broadcast(values, root);
      EXPECT_EQ(values, numbers_of(root, 5));
      std::string text = "from " + std::to_string(communicator.rank());
      communicator.broadcast(std::span<char>(text), root);
      EXPECT_EQ(text, "from " + std::to_string(root));
    }
  });
}

TEST(Communicator, HasTheRanksThatWereStarted) {
  on_ranks([] {
    const Communicator communicator = test_communicator();
    const char* expected = std::getenv("NBM_TEST_RANKS");
    EXPECT_EQ(communicator.size(), expected == nullptr ? 1 : std::atoi(expected));
    EXPECT_GE(communicator.ranks_sharing_cores(), 1);
    EXPECT_LE(communicator.ranks_sharing_cores(), communicator.size());
  });
}

}  // namespace
