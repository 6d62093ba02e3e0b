#include <gtest/gtest.h>

#include <cmath>

#include "nbm/core/error.hpp"
#include "nbm/training/loss.hpp"
#include "reference_rows.hpp"
#include "row_fixture.hpp"

namespace {

using nbm::PerGroup;
using nbm::Precision;
using nbm::Siren;
using nbm::testing::both_networks;
using nbm::testing::kAllGroups;
using nbm::testing::odd_rows;

PerGroup<double> only(int group, double factor = 1.0) {
  PerGroup<double> factors{};
  factors[static_cast<std::size_t>(group)] = factor;
  return factors;
}

double squares(const nbm::GroupSums& sums, int group) { return sums.squares[static_cast<std::size_t>(group)]; }

class LossGradient : public ::testing::TestWithParam<Siren> {
 protected:
  Siren siren = GetParam();
  std::vector<double> p = both_networks(siren);
  nbm::RowSet rows = odd_rows();
  nbm::ThreadPool pool{2};

  std::vector<double> gradient(int group, Precision precision) {
    std::vector<double> g(p.size(), 0.0);
    nbm::add_loss_gradient(siren, p, rows, only(group), precision, g, pool);
    return g;
  }
};

TEST_P(LossGradient, ResidualsAreThoseOfTheSlowNetwork) {
  const nbm::reference::Residuals<long double> reference(siren, p, rows);
  const auto twice = nbm::loss_sums(siren, p, rows, Precision::float64, pool);
  const auto single = nbm::loss_sums(siren, p, rows, Precision::float32, pool);
  for (const int group : kAllGroups) {
    const double exact = reference.squares(group);
    EXPECT_GT(exact, 0.0);
    EXPECT_NEAR(squares(twice, group), exact, 1e-11 * exact) << "group " << group;
    // A residual is a sum of terms of order one rounded at 6e-8; those of the regular rows cancel tenfold here.
    EXPECT_NEAR(squares(single, group), exact, 2e-5 * exact) << "group " << group;
  }
}

// <J v, r> by differences along a random direction against <v, J' r>.
TEST_P(LossGradient, GradientIsTheDerivative) {
  std::vector<double> v(p.size());
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = std::sin(1.0 + 3.7 * static_cast<double>(i * i % 101));
  for (const int group : kAllGroups) {
    const auto half_loss = [&](double t) {
      auto moved = p;
      for (std::size_t i = 0; i < p.size(); ++i) moved[i] += t * v[i];
      return 0.5 * squares(nbm::loss_sums(siren, moved, rows, Precision::float64, pool), group);
    };
    const double step = 2e-4;
    const double forward =
        (8 * (half_loss(step) - half_loss(-step)) - (half_loss(2 * step) - half_loss(-2 * step))) / (12 * step);
    const auto g = gradient(group, Precision::float64);
    double backward = 0, size = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      backward += v[i] * g[i];
      size += std::fabs(v[i] * g[i]);
    }
    EXPECT_NEAR(forward, backward, 1e-7 * size) << "group " << group;
  }
}

TEST_P(LossGradient, SinglePrecisionGradientAgrees) {
  for (const int group : kAllGroups) {
    const auto twice = gradient(group, Precision::float64), single = gradient(group, Precision::float32);
    double largest = 0;
    for (const double g : twice) largest = std::max(largest, std::fabs(g));
    for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(single[i], twice[i], 2e-5 * largest) << "group " << group;
  }
}

TEST_P(LossGradient, HasTheSameBitsForAnyTeam) {
  rows = nbm::testing::sample_rows(nbm::testing::sphere_problem(), {5000, 400, 2100}, 2.0 / 16);
  PerGroup<double> factors;
  factors.fill(0.7);
  std::vector<double> alone(p.size(), 0.0), team(p.size(), 0.0);
  nbm::ThreadPool one(1), three(3);
  const auto a = nbm::add_loss_gradient(siren, p, rows, factors, Precision::float32, alone, one);
  const auto b = nbm::add_loss_gradient(siren, p, rows, factors, Precision::float32, team, three);
  EXPECT_EQ(a.squares, b.squares);
  EXPECT_EQ(alone, team);
}

INSTANTIATE_TEST_SUITE_P(Shapes, LossGradient,
                         ::testing::Values(Siren{}, Siren{.hidden = {100}}, Siren{.hidden = {1, 1}},
                                           Siren{.hidden = {32, 5, 7}, .omega = 4.0}));

TEST(LossGradientInput, EmptySetsGiveNothing) {
  const Siren siren;
  const auto p = both_networks(siren);
  nbm::RowSet rows;
  rows.irregular.clear();
  nbm::ThreadPool pool(1);
  PerGroup<double> factors;
  factors.fill(1.0);
  std::vector<double> g(p.size(), 0.0);
  const auto sums = nbm::add_loss_gradient(siren, p, rows, factors, Precision::float64, g, pool);
  EXPECT_EQ(sums.squares, PerGroup<double>{});
  EXPECT_EQ(g, std::vector<double>(p.size(), 0.0));
}

TEST(LossGradientInput, RejectsAnotherNumberOfParameters) {
  const Siren siren;
  auto p = both_networks(siren);
  const auto rows = odd_rows();
  nbm::ThreadPool pool(1);
  std::vector<double> g(p.size());
  p.pop_back();
  EXPECT_THROW(nbm::loss_sums(siren, p, rows, Precision::float64, pool), nbm::InvalidArgument);
  EXPECT_THROW(nbm::add_loss_gradient(siren, g, rows, {}, Precision::float64, p, pool), nbm::InvalidArgument);
}

TEST(LossGradientInput, RejectsTwoCellSizes) {
  const Siren siren;
  const auto p = both_networks(siren);
  auto rows = odd_rows();
  rows.regular[1].step.x *= 2.0;
  nbm::ThreadPool pool(1);
  EXPECT_THROW(nbm::loss_sums(siren, p, rows, Precision::float64, pool), nbm::InvalidArgument);
}

}  // namespace
