#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "nbm/network/held_weights.hpp"
#include "row_fixture.hpp"
#include "training/least_squares.hpp"

namespace {

using nbm::index_t;
using nbm::LinearSystem;
using nbm::PerGroup;
using nbm::Siren;
using nbm::testing::both_networks;

constexpr PerGroup<double> kFactors = {0.7, 1.3, 0.9, 1.1, 0.4, 0.6, 0.8};

double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double v : values) most = std::max(most, std::fabs(v));
  return most;
}

// More parameters than rows and fewer.
class BothSystems : public ::testing::TestWithParam<Siren> {
 protected:
  Siren siren = GetParam();
  nbm::RowSet rows = nbm::testing::sample_rows(nbm::testing::sphere_problem(), {61, 13, 15}, 2.0 / 16);
  std::vector<double> p = both_networks(siren);
  nbm::ThreadPool pool{2};
};

TEST_P(BothSystems, HaveTheSameGradientAndTheSameStep) {
  nbm::LeastSquares normal, by_rows;
  std::vector<double> gradient(p.size()), other(p.size());
  const auto sums = normal.linearize(siren, p, rows, kFactors, LinearSystem::normal, gradient, pool);
  const auto same = by_rows.linearize(siren, p, rows, kFactors, LinearSystem::rows, other, pool);
  EXPECT_EQ(sums.squares, same.squares);
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(other[i], gradient[i], 1e-13 * largest(gradient));
  for (const double damping : {100.0, 1.0, 1e-3}) {
    std::vector<double> step(p.size()), by_rows_step(p.size());
    ASSERT_TRUE(normal.solve_damped(damping, step, pool));
    ASSERT_TRUE(by_rows.solve_damped(damping, by_rows_step, pool));
    // Scaled to a unit diagonal the condition number is at most (n + damping) / damping; round-off in n sums.
    const auto n = static_cast<double>(p.size());
    const double tolerance = 2.3e-16 * n * (n + damping) / damping;
    for (std::size_t i = 0; i < p.size(); ++i) {
      EXPECT_NEAR(by_rows_step[i], step[i], tolerance * largest(step)) << damping << ' ' << i;
    }
  }
}

// The damped step against its definition, with the loss gradient for J'r and packed normal equations for J'J.
TEST_P(BothSystems, SolveTheDampedEquations) {
  nbm::LeastSquares normal, by_rows;
  std::vector<double> gradient(p.size()), message;
  normal.linearize(siren, p, rows, kFactors, LinearSystem::normal, gradient, pool);
  normal.append_normal_equations(message);
  by_rows.linearize(siren, p, rows, kFactors, LinearSystem::rows, gradient, pool);
  const double damping = 0.1;
  std::vector<double> x(p.size());
  ASSERT_TRUE(by_rows.solve_damped(damping, x, pool));
  const std::size_t n = p.size();
  const auto entry = [&](std::size_t i, std::size_t j) {
    if (j < i) std::swap(i, j);
    return message[i * n - i * (i + 1) / 2 + j];  // rows of the upper triangle, each from its diagonal on
  };
  for (std::size_t i = 0; i < n; ++i) {
    double sum = gradient[i] + damping * entry(i, i) * x[i], size = std::fabs(gradient[i]);
    for (std::size_t j = 0; j < n; ++j) {
      sum += entry(i, j) * x[j];
      size += std::fabs(entry(i, j) * x[j]);
    }
    // Both solutions are backward stable up to the scaling by the diagonal.
    EXPECT_LE(std::fabs(sum), 2.3e-16 * 100 * static_cast<double>(n) * size) << i;
  }
}

// With the hidden layers held both systems are those of the output layers alone: the step solves the damped equations
// that are cut out of those of all parameters.
TEST_P(BothSystems, OfTheOutputLayerAreABlockOfThoseOfAll) {
  Siren output = siren;
  output.trained = nbm::TrainedLayers::output;
  const index_t count = siren.parameter_count(), trained = output.trained_count(), n = nbm::kSides * trained;
  std::vector<double> gradient(p.size()), message, of_output, step(p.size());
  nbm::LeastSquares all;
  all.linearize(siren, p, rows, kFactors, LinearSystem::normal, gradient, pool);
  all.append_normal_equations(message);
  const auto parameter = [&](index_t unknown) { return (unknown / trained + 1) * count - trained + unknown % trained; };
  const auto entry = [&](index_t i, index_t j) {
    const auto [a, b] = std::minmax({parameter(i), parameter(j)});
    return message[static_cast<std::size_t>(a * std::ssize(p) - a * (a + 1) / 2 + b)];
  };
  for (const LinearSystem system : {LinearSystem::normal, LinearSystem::rows}) {
    nbm::LeastSquares equations;
    std::vector<double> held(p.size());
    equations.linearize(output, p, rows, kFactors, system, held, pool);
    ASSERT_TRUE(equations.solve_damped(0.1, step, pool));
    for (index_t i = 0; i < std::ssize(p); ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (i % count < count - trained) {
        EXPECT_EQ(step[at], 0.0) << i;
        EXPECT_EQ(held[at], 0.0) << i;
      } else {
        EXPECT_NEAR(held[at], gradient[at], 1e-13 * largest(gradient)) << i;
      }
    }
    for (index_t i = 0; i < n; ++i) {
      const auto at = [&](index_t unknown) { return step[static_cast<std::size_t>(parameter(unknown))]; };
      double sum = gradient[static_cast<std::size_t>(parameter(i))] + 0.1 * entry(i, i) * at(i), size = std::fabs(sum);
      for (index_t j = 0; j < n; ++j) {
        sum += entry(i, j) * at(j);
        size += std::fabs(entry(i, j) * at(j));
      }
      EXPECT_LE(std::fabs(sum), 2.3e-16 * 100 * static_cast<double>(n) * size) << i;
    }
    if (system == LinearSystem::normal) equations.append_normal_equations(of_output);
  }
  EXPECT_EQ(std::ssize(of_output), n * (n + 1) / 2 + n);
}

TEST_P(BothSystems, HaveTheSameBitsForAnyTeam) {
  for (const LinearSystem system : {LinearSystem::normal, LinearSystem::rows}) {
    nbm::ThreadPool one(1), three(3);
    nbm::LeastSquares alone, team;
    std::vector<double> a(p.size()), b(p.size());
    alone.linearize(siren, p, rows, kFactors, system, a, one);
    team.linearize(siren, p, rows, kFactors, system, b, three);
    EXPECT_EQ(a, b);
    ASSERT_TRUE(alone.solve_damped(1e-2, a, one));
    ASSERT_TRUE(team.solve_damped(1e-2, b, three));
    EXPECT_EQ(a, b);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, BothSystems,
                         ::testing::Values(Siren{.hidden = {1}}, Siren{.hidden = {6, 5}}, Siren{.hidden = {40}},
                                           Siren{.hidden = {9, 9, 9}}));

// Groups without weight count for nothing, and a parameter that no row depends on stays.
TEST(LeastSquares, LeavesUnusedParametersAlone) {
  const Siren siren{.hidden = {5}};
  nbm::RowSet rows = nbm::testing::sample_rows(nbm::testing::sphere_problem(), {61, 13, 15}, 2.0 / 16);
  const auto p = both_networks(siren);
  nbm::ThreadPool pool(1);
  for (auto* side : {&rows.regular[1], &rows.regular[0]}) side->resize(side == &rows.regular[1] ? 0 : side->size());
  const PerGroup<double> regular_only = {1.0, 0, 0, 0, 0};
  for (const LinearSystem system : {LinearSystem::normal, LinearSystem::rows}) {
    nbm::LeastSquares squares;
    std::vector<double> step(p.size());
    squares.linearize(siren, p, rows, regular_only, system, step, pool);
    ASSERT_TRUE(squares.solve_damped(1e-3, step, pool));
    for (std::size_t i = p.size() / 2; i < p.size(); ++i) EXPECT_EQ(step[i], 0.0);
    EXPECT_GT(largest(step), 0.0);
  }
}

// The waves of periodic networks stay, bit for bit; all else is as without.
TEST_P(BothSystems, LeaveHeldWeightsAlone) {
  Siren periodic = siren;
  periodic.periodic = {false, true, false};
  const nbm::HeldWeights held(periodic, siren.parameter_count());
  std::vector<double> free(p.size()), step(p.size()), gradient(p.size());
  nbm::add_loss_gradient(siren, p, rows, kFactors, nbm::Precision::float64, free, pool);
  nbm::add_loss_gradient(periodic, p, rows, kFactors, nbm::Precision::float64, gradient, pool);
  index_t count = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (held.holds(static_cast<index_t>(i))) ++count;
    EXPECT_EQ(gradient[i], held.holds(static_cast<index_t>(i)) ? 0.0 : free[i]) << i;
  }
  EXPECT_EQ(count, nbm::kSides * siren.hidden[0]);
  for (const LinearSystem system : {LinearSystem::normal, LinearSystem::rows}) {
    nbm::LeastSquares equations;
    equations.linearize(periodic, p, rows, kFactors, system, gradient, pool);
    ASSERT_TRUE(equations.solve_damped(1e-6, step, pool));
    for (std::size_t i = 0; i < p.size(); ++i) {
      if (held.holds(static_cast<index_t>(i))) {
        EXPECT_EQ(gradient[i], 0.0);
        EXPECT_EQ(step[i], 0.0);
      } else {
        EXPECT_NEAR(gradient[i], free[i], 1e-13 * largest(free));
      }
    }
  }
}

TEST(PackedNormalEquations, AreTheUpperTriangleWithoutPadding) {
  // Two networks of one parameter, padded to two each.
  std::vector<double> matrix(16), vector = {5, -1, 6, -1}, message;
  for (std::size_t i = 0; i < 16; ++i) matrix[i] = static_cast<double>(i);
  nbm::pack_normal_equations(matrix, vector, {2, 1}, message);
  EXPECT_EQ(message, (std::vector<double>{0, 2, 10, 5, 6}));
  for (double& v : message) v *= 2;
  nbm::unpack_normal_equations(message, {2, 1}, matrix, vector);
  EXPECT_EQ(vector, (std::vector<double>{10, -1, 12, -1}));
  EXPECT_EQ(matrix[0], 0);
  EXPECT_EQ(matrix[2], 4);
  EXPECT_EQ(matrix[10], 20);
  EXPECT_EQ(matrix[1], 1);  // padding
}

}  // namespace
