#include <gtest/gtest.h>

#include <vector>

#include "nbm/core/error.hpp"
#include "nbm/sampling/permutation.hpp"
#include "statistics.hpp"

namespace {

using nbm::index_t;

std::vector<index_t> all_of(const nbm::Permutation& order) {
  std::vector<index_t> values;
  for (index_t i = 0; i < static_cast<index_t>(order.count); ++i) values.push_back(nbm::permuted(order, i));
  return values;
}

TEST(Permutation, HitsEveryNumberOnce) {
  for (const index_t count : {1, 2, 3, 4, 5, 16, 17, 1000, 4096, 4097, 50653}) {
    for (const index_t draw : {0, 1, 2}) {
      std::vector<int> hits(static_cast<std::size_t>(count));
      for (const index_t value : all_of(nbm::make_permutation(count, 11, draw))) {
        ASSERT_GE(value, 0);
        ASSERT_LT(value, count);
        ++hits[static_cast<std::size_t>(value)];
      }
      for (const int h : hits) ASSERT_EQ(h, 1) << count;
    }
  }
}

TEST(Permutation, HoldsLargeCounts) {
  constexpr index_t count = (index_t{1} << 60) - 1;
  const nbm::Permutation order = nbm::make_permutation(count, 1, 0);
  for (index_t i = 0; i < 1000; ++i) {
    const index_t value = nbm::permuted(order, count - 1 - i);
    EXPECT_GE(value, 0);
    EXPECT_LT(value, count);
  }
}

TEST(Permutation, DiffersByDrawAndSeed) {
  const auto first = all_of(nbm::make_permutation(1000, 1, 0));
  EXPECT_EQ(first, all_of(nbm::make_permutation(1000, 1, 0)));
  EXPECT_NE(first, all_of(nbm::make_permutation(1000, 1, 1)));
  EXPECT_NE(first, all_of(nbm::make_permutation(1000, 2, 0)));
}

// Where a batch of consecutive positions lands, and where one position lands over the draws.
TEST(Permutation, LooksRandom) {
  constexpr index_t count = 27000, bins = 27;
  std::vector<index_t> batch(bins), fixed(bins);
  const nbm::Permutation order = nbm::make_permutation(count, 5, 0);
  for (index_t i = 0; i < 2700; ++i) {
    ++batch[static_cast<std::size_t>(nbm::permuted(order, i) * bins / count)];
    ++fixed[static_cast<std::size_t>(nbm::permuted(nbm::make_permutation(count, 5, i), 1) * bins / count)];
  }
  EXPECT_LT(nbm::test::chi_square(batch), nbm::test::chi_square_limit(bins - 1));
  EXPECT_LT(nbm::test::chi_square(fixed), nbm::test::chi_square_limit(bins - 1));
}

TEST(Permutation, RejectsANegativeCount) { EXPECT_THROW(nbm::make_permutation(-1, 0, 0), nbm::InvalidArgument); }

}  // namespace
