#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "nbm/core/error.hpp"
#include "nbm/network/evaluate.hpp"
#include "reference_network.hpp"

namespace {

using nbm::Points;
using nbm::Precision;
using nbm::Siren;

Points random_points(nbm::index_t count) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> draw(-1.0, 1.0);
  Points points;
  for (nbm::index_t i = 0; i < count; ++i) points.push_back({draw(random), draw(random), draw(random)});
  return points;
}

// Differences of any size are those of the values; small ones keep their digits.
TEST(NetworkDifferences, AreThoseOfTheValues) {
  const Siren siren{.hidden = {6, 5}};
  const auto p = nbm::initial_parameters(siren, 4, nbm::Side::minus);
  nbm::ThreadPool pool(2);
  const Points points = random_points(37);
  using Long = long double;
  const auto value_at = [&](nbm::Vec3<Long> x) { return nbm::reference::network<Long>(siren, p, x); };
  for (const double h : {0.3, 1e-4}) {
    const nbm::Vec3<double> step = {h, 2 * h, 0.5 * h};
    std::array<std::vector<double>, 7> q;
    for (auto& values : q) values.resize(37);
    nbm::evaluate_network_differences(siren, p, points.view(), step, {q[0], {q[1], q[2], q[3]}, {q[4], q[5], q[6]}},
                                      pool);
    for (nbm::index_t i = 0; i < points.size(); ++i) {
      const auto n = static_cast<std::size_t>(i);
      const nbm::Vec3<Long> x = {points.x[n], points.y[n], points.z[n]};
      const Long here = value_at(x);
      EXPECT_NEAR(q[0][n], static_cast<double>(here), 1e-13);
      for (int axis = 0; axis < nbm::kDim; ++axis) {
        nbm::Vec3<Long> above = x, below = x;
        above[axis] += static_cast<Long>(step[axis]);
        below[axis] -= static_cast<Long>(step[axis]);
        const auto k = static_cast<std::size_t>(axis);
        const Long up = value_at(above), down = value_at(below);
        // Round-off of this side of the comparison, of numbers of order one.
        const double slow = 16 * static_cast<double>(std::numeric_limits<Long>::epsilon());
        EXPECT_NEAR(q[1 + k][n], static_cast<double>((up - down) / 2), 1e-13 * h + slow);
        EXPECT_NEAR(q[4 + k][n], static_cast<double>(up - 2 * here + down), 1e-12 * h * h + slow);
      }
    }
  }
}

class Evaluate : public ::testing::TestWithParam<Siren> {};

TEST_P(Evaluate, AgreesWithTheSlowNetworkAtAnyNumberOfPoints) {
  const Siren siren = GetParam();
  const auto p = nbm::initial_parameters(siren, 4, nbm::Side::minus);
  nbm::ThreadPool pool(2);
  for (const nbm::index_t count : {0, 1, 7, 64, 65, 5000}) {
    const Points points = random_points(count);
    std::vector<double> twice(points.x.size()), single(points.x.size());
    nbm::evaluate_network(siren, p, points.view(), twice, Precision::float64, pool);
    nbm::evaluate_network(siren, p, points.view(), single, Precision::float32, pool);
    double size = 1.0;
    for (const double weight : p) size = std::max(size, std::fabs(weight));
    for (nbm::index_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const double exact = nbm::reference::network<double>(siren, p, points[i]);
      // Round-off grows with the layers' sums: sqrt(width) terms of size gamma in each of a few layers.
      EXPECT_NEAR(twice[at], exact, 1e-13);
      EXPECT_NEAR(single[at], exact, 3e-5);
    }
  }
}

TEST_P(Evaluate, GradientAgreesWithDifferencesOfValues) {
  const Siren siren = GetParam();
  const auto p = nbm::initial_parameters(siren, 4, nbm::Side::minus);
  nbm::ThreadPool pool(1);
  const Points points = random_points(131);
  const std::size_t n = points.x.size();
  std::vector<double> values(n), gx(n), gy(n), gz(n), plain(n);
  nbm::evaluate_network_gradient(siren, p, points.view(), values, {gx, gy, gz}, Precision::float64, pool);
  nbm::evaluate_network(siren, p, points.view(), plain, Precision::float64, pool);
  // Fourth-order differences with step 1e-3: truncation step^4 times a fifth derivative ~ (3 omega)^5, round-off 1e-12.
  const double step = 1e-3, tolerance = 1e-12 * std::pow(3 * siren.omega, 5) + 1e-11;
  const std::vector<double>* slopes[3] = {&gx, &gy, &gz};
  for (std::size_t i = 0; i < n; ++i) {
    EXPECT_NEAR(values[i], plain[i], 1e-13);
    for (int k = 0; k < 3; ++k) {
      const auto at = [&](double t) {
        nbm::Vec3<double> x = points[static_cast<nbm::index_t>(i)];
        x[k] += t;
        return nbm::reference::network<double>(siren, p, x);
      };
      const double slope = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
      EXPECT_NEAR((*slopes[k])[i], slope, tolerance);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Evaluate,
                         ::testing::Values(Siren{}, Siren{.hidden = {100}}, Siren{.hidden = {1}},
                                           Siren{.hidden = {3, 8, 5}, .omega = 7.0}));

TEST(Evaluate, HasTheSameBitsForAnyTeam) {
  const Siren siren;
  const auto p = nbm::initial_parameters(siren, 4, nbm::Side::minus);
  const Points points = random_points(20000);
  std::vector<double> one(points.x.size()), three(points.x.size());
  nbm::ThreadPool alone(1), team(3);
  nbm::evaluate_network(siren, p, points.view(), one, Precision::float32, alone);
  nbm::evaluate_network(siren, p, points.view(), three, Precision::float32, team);
  EXPECT_EQ(one, three);
}

TEST(Evaluate, RejectsArraysOfAnotherSize) {
  const Siren siren;
  const auto p = nbm::initial_parameters(siren, 4, nbm::Side::minus);
  nbm::ThreadPool pool(1);
  const Points points = random_points(4);
  std::vector<double> short_values(3), values(4);
  EXPECT_THROW(nbm::evaluate_network(siren, p, points.view(), short_values, Precision::float64, pool),
               nbm::InvalidArgument);
  EXPECT_THROW(nbm::evaluate_network(siren, std::span(p).first(490), points.view(), values, Precision::float64, pool),
               nbm::InvalidArgument);
  EXPECT_EQ(nbm::parse_precision("float32"), Precision::float32);
  EXPECT_THROW(nbm::parse_precision("half"), nbm::InvalidArgument);
}

}  // namespace
