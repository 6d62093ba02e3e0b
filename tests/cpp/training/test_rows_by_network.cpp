#include <gtest/gtest.h>

#include <cmath>

#include "nbm/core/error.hpp"
#include "reference_rows.hpp"
#include "row_fixture.hpp"
#include "training/least_squares.hpp"
#include "training/rows_by_network.hpp"

namespace {

using nbm::index_t;
using nbm::NetworkMap;
using nbm::PerGroup;
using nbm::Side;
using nbm::testing::kAllGroups;

// Cuts the minus side at x = 0 and the plus side in three along y, as no interface does: so there are rows of every
// number of networks.
NetworkMap cut_map() {
  constexpr index_t kCells = 6;
  std::array<NetworkMap::Labels, nbm::kSides> labels;
  for (index_t i = 0; i <= kCells; ++i) {
    for (index_t j = 0; j <= kCells; ++j) {
      for (index_t k = 0; k <= kCells; ++k) {
        labels[0].push_back(2 * i < kCells ? 0 : 1);
        labels[1].push_back(static_cast<std::int16_t>(std::min<index_t>(2, 3 * j / kCells)));
      }
    }
  }
  return {{kCells, kCells, kCells}, std::move(labels)};
}

class RowsByNetwork : public ::testing::Test {
 protected:
  RowsByNetwork() {
    nbm::sort_by_network(map, rows);
    for (index_t n = 0; n < map.size(); ++n) {
      const auto own = initial_parameters(siren, 5 + static_cast<std::uint64_t>(n), Side::plus);
      different.insert(different.end(), own.begin(), own.end());
      const auto* same = by_side.data() + (map.side_of(n) == Side::minus ? 0 : siren.parameter_count());
      equal.insert(equal.end(), same, same + siren.parameter_count());
    }
  }

  nbm::Siren siren{.hidden = {5, 4}};
  NetworkMap map = cut_map();
  nbm::RowSet unsorted = nbm::testing::odd_rows(), rows = unsorted;
  std::vector<double> by_side = nbm::testing::both_networks(siren), equal, different;
  nbm::ThreadPool pool{2};

  static PerGroup<double> only(int group) {
    PerGroup<double> factors{};
    factors[static_cast<std::size_t>(group)] = 0.37;
    return factors;
  }
};

TEST_F(RowsByNetwork, RowsTouchTheNetworksOfTheirPoints) {
  ASSERT_EQ(map.size(), 5);
  std::size_t most = 0;
  for (index_t i = 0; i < rows.irregular.size(); ++i) {
    std::size_t touched = 0;
    for (std::size_t n = 0; n < rows.networks(); ++n) {
      const auto& begin = rows.irregular.begin[n];
      const auto at = static_cast<std::size_t>(i);
      touched += begin[at] != begin[at + 1];
    }
    most = std::max(most, touched);
  }
  EXPECT_GE(most, 3u);
  for (index_t n = 0; n < map.size(); ++n) {
    const nbm::DifferenceRows& own = rows.regular[static_cast<std::size_t>(n)];
    EXPECT_GT(own.size(), 0);
    for (std::size_t i = 0; i < own.rhs.size(); ++i) {
      EXPECT_EQ(map.at(map.side_of(n), {own.x[0][i], own.x[1][i], own.x[2][i]}), n);
    }
  }
  const auto before = nbm::row_counts(unsorted), after = nbm::row_counts(rows);
  EXPECT_EQ(before, after);
}

TEST_F(RowsByNetwork, ResidualsAreThoseOfTheSlowNetworks) {
  const nbm::reference::Residuals<long double> reference(siren, different, rows);
  const auto sums = nbm::loss_sums(siren, different, rows, nbm::Precision::float64, pool);
  for (const int group : kAllGroups) {
    const double exact = reference.squares(group);
    EXPECT_GT(exact, 0.0);
    EXPECT_NEAR(sums.squares[static_cast<std::size_t>(group)], exact, 1e-11 * exact) << "group " << group;
  }
}

// Equal networks on all pieces of a side are one network: residuals are the same, and derivatives add up to its.
TEST_F(RowsByNetwork, EqualNetworksAreOneNetwork) {
  const auto count = static_cast<std::size_t>(siren.parameter_count());
  for (const int group : kAllGroups) {
    std::vector<double> expected(by_side.size(), 0.0), gradient(equal.size(), 0.0), sum(by_side.size(), 0.0);
    const auto of_two =
        nbm::add_loss_gradient(siren, by_side, unsorted, only(group), nbm::Precision::float64, expected, pool);
    const auto of_five =
        nbm::add_loss_gradient(siren, equal, rows, only(group), nbm::Precision::float64, gradient, pool);
    const auto g = static_cast<std::size_t>(group);
    EXPECT_NEAR(of_five.squares[g], of_two.squares[g], 1e-13 * of_two.squares[g]);
    double largest = 0.0;
    for (const double v : expected) largest = std::max(largest, std::fabs(v));
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      const bool plus = map.side_of(static_cast<index_t>(i / count)) == Side::plus;
      sum[i % count + (plus ? count : 0)] += gradient[i];
    }
    for (std::size_t i = 0; i < sum.size(); ++i) EXPECT_NEAR(sum[i], expected[i], 1e-12 * largest) << "group " << group;
  }
}

// Both forms of a Gauss-Newton step have the gradient, and the normal equations are those of the rows: they have the
// same step.
TEST_F(RowsByNetwork, GaussNewtonStepsAgree) {
  PerGroup<double> factors{};
  for (const int group : kAllGroups) factors[static_cast<std::size_t>(group)] = 0.1 + 0.2 * group;
  std::vector<double> gradient(different.size(), 0.0);
  nbm::add_loss_gradient(siren, different, rows, factors, nbm::Precision::float64, gradient, pool);
  double largest = 0.0, longest = 0.0;
  for (const double v : gradient) largest = std::max(largest, std::fabs(v));
  nbm::LeastSquares normal, by_rows;
  std::vector<double> first(different.size()), second(different.size()), one(different.size()), two(different.size());
  normal.linearize(siren, different, rows, factors, nbm::LinearSystem::normal, first, pool);
  by_rows.linearize(siren, different, rows, factors, nbm::LinearSystem::rows, second, pool);
  ASSERT_TRUE(normal.solve_damped(0.1, one, pool));
  ASSERT_TRUE(by_rows.solve_damped(0.1, two, pool));
  for (const double v : one) longest = std::max(longest, std::fabs(v));
  for (std::size_t i = 0; i < different.size(); ++i) {
    EXPECT_NEAR(first[i], gradient[i], 1e-12 * largest);
    EXPECT_NEAR(second[i], gradient[i], 1e-12 * largest);
    EXPECT_NEAR(one[i], two[i], 1e-9 * longest);  // the damping bounds the condition number by some 1e4
  }
  std::vector<double> message, again;
  normal.append_normal_equations(message);
  const std::size_t n = different.size();
  EXPECT_EQ(message.size(), n * (n + 1) / 2 + n);
  normal.take_normal_equations(message);
  normal.append_normal_equations(again);
  EXPECT_EQ(again, message);
}

TEST_F(RowsByNetwork, OtherNumbersOfParametersAreRefused) {
  EXPECT_THROW(nbm::loss_sums(siren, by_side, rows, nbm::Precision::float64, pool), nbm::InvalidArgument);
}

}  // namespace
