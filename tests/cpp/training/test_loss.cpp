#include <gtest/gtest.h>

#include "nbm/core/error.hpp"
#include "nbm/training/history.hpp"
#include "nbm/training/loss.hpp"

namespace {

using nbm::Discretization;
using nbm::Loss;
using nbm::PerGroup;

TEST(Loss, PaperWeighsAllAlike) {
  for (const double w : group_weights(Loss::paper, Discretization::bochkov_gibou, {}, {0.1, 0.1, 0.1})) {
    EXPECT_EQ(w, 1.0);
  }
}

TEST(Loss, BalancedWeightsAreThoseOfTheMethod) {
  // Box of edge 2: lambda_regular = 1 / (6 h^2); direct jump: 1 / h^2.
  const double h = 1.0 / 32;
  const auto w = group_weights(Loss::balanced, Discretization::bochkov_gibou, {}, {h, h, h});
  EXPECT_NEAR(w[0], 1.0 / (6 * h * h), 1e-10);
  EXPECT_NEAR(w[1], 8.0, 1e-12);  // L / (8 h)
  EXPECT_EQ(w[2], 10.0);
  const auto d = group_weights(Loss::balanced, Discretization::direct_jump, {}, {h, h, h});
  EXPECT_NEAR(d[0], 1.0 / (h * h), 1e-10);
  EXPECT_EQ(d[3], 10.0);
  EXPECT_EQ(d[4], 1.0);
}

TEST(Loss, IsTheWeightedSumOfMeanSquares) {
  nbm::GroupSums sums;
  sums.squares = {8.0, 3.0, 1.0, 0.0, 0.0};
  sums.rows = {4.0, 3.0, 2.0, 0.0, 0.0};
  EXPECT_EQ(sums.mean_square(nbm::kRegularGroup), 2.0);
  EXPECT_EQ(sums.mean_square(nbm::kFluxJumpGroup), 0.0);
  EXPECT_EQ(sums.loss({2.0, 3.0, 4.0, 5.0, 6.0}), 4 * 2.0 + 9 * 1.0 + 16 * 0.5);
}

TEST(Loss, NamesAreReadBack) {
  EXPECT_EQ(nbm::parse_loss("paper"), Loss::paper);
  EXPECT_EQ(nbm::parse_discretization("direct_jump"), Discretization::direct_jump);
  EXPECT_THROW(nbm::parse_loss("l2"), nbm::InvalidArgument);
  EXPECT_THROW(nbm::parse_discretization(""), nbm::InvalidArgument);
}

TEST(Plateau, ComparesWindows) {
  nbm::PlateauDetector detector(2, 0.1);
  EXPECT_FALSE(detector.add(1.0));
  EXPECT_FALSE(detector.add(1.0));  // first window: nothing to compare with
  EXPECT_FALSE(detector.add(0.8));
  EXPECT_FALSE(detector.add(0.8));  // fell by 20 %
  EXPECT_FALSE(detector.add(0.75));
  EXPECT_TRUE(detector.add(0.75));  // fell by 6 % only
}

TEST(Plateau, IsOffWithoutAWindow) {
  nbm::PlateauDetector detector(0, 0.1);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(detector.add(1.0));
}

}  // namespace
