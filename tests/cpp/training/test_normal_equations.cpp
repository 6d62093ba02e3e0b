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

struct System {
  std::size_t network, padded, n;
  std::vector<double> matrix, vector;

  explicit System(const Siren& siren)
      : network(static_cast<std::size_t>(siren.parameter_count())),
        padded(static_cast<std::size_t>(nbm::padded_unknowns(siren))),
        n(2 * padded),
        matrix(n * n, 0.0),
        vector(n, 0.0) {}
  // Place of a parameter in the padded system.
  std::size_t at(std::size_t parameter) const { return parameter < network ? parameter : padded + parameter - network; }
  double entry(std::size_t a, std::size_t b) const {
    const std::size_t i = at(a), j = at(b);
    return matrix[std::min(i, j) * n + std::max(i, j)];
  }
};

class NormalEquations : public ::testing::TestWithParam<Siren> {
 protected:
  Siren siren = GetParam();
  std::vector<double> p = both_networks(siren);
  nbm::RowSet rows = odd_rows();
  nbm::ThreadPool pool{2};
};

TEST_P(NormalEquations, VectorIsTheGradient) {
  for (const int group : kAllGroups) {
    PerGroup<double> factors{};
    factors[static_cast<std::size_t>(group)] = 0.37;
    System system(siren);
    const auto sums = nbm::add_normal_equations(siren, p, rows, factors, system.matrix, system.vector, pool);
    std::vector<double> gradient(p.size(), 0.0);
    const auto expected = nbm::add_loss_gradient(siren, p, rows, factors, Precision::float64, gradient, pool);
    const auto g = static_cast<std::size_t>(group);
    EXPECT_NEAR(sums.squares[g], expected.squares[g], 1e-13 * expected.squares[g]);
    double largest = 0;
    for (const double v : gradient) largest = std::max(largest, std::fabs(v));
    for (std::size_t i = 0; i < p.size(); ++i) {
      EXPECT_NEAR(system.vector[system.at(i)], gradient[i], 1e-13 * largest) << "group " << group << ' ' << i;
    }
  }
}

// Columns of the Jacobian by differences of the slow network's residuals in long double.
TEST_P(NormalEquations, MatrixIsTheProductOfJacobians) {
  const std::size_t count = p.size();
  const std::vector<std::size_t> some = {0,         2,        count / 5, count / 2 - 1, count / 2, count / 2 + 3,
                                         count - 2, count - 1};
  for (const int group : kAllGroups) {
    std::vector<std::vector<long double>> columns;
    for (const std::size_t i : some) {
      const double step = 1e-4;
      auto above = p, below = p;
      above[i] += step;
      below[i] -= step;
      auto column = nbm::reference::Residuals<long double>(siren, above, rows).of(group);
      const auto lower = nbm::reference::Residuals<long double>(siren, below, rows).of(group);
      for (std::size_t r = 0; r < column.size(); ++r) column[r] = (column[r] - lower[r]) / (above[i] - below[i]);
      columns.push_back(std::move(column));
    }
    PerGroup<double> factors{};
    factors[static_cast<std::size_t>(group)] = 1.0;
    System system(siren);
    nbm::add_normal_equations(siren, p, rows, factors, system.matrix, system.vector, pool);
    double largest = 0;
    for (const std::size_t i : some) largest = std::max(largest, system.entry(i, i));
    for (std::size_t a = 0; a < some.size(); ++a) {
      for (std::size_t b = 0; b < some.size(); ++b) {
        long double product = 0;
        for (std::size_t r = 0; r < columns[a].size(); ++r) product += columns[a][r] * columns[b][r];
        // The differences' truncation: step^2 times a third derivative of order (omega)^3 <= 64.
        EXPECT_NEAR(system.entry(some[a], some[b]), static_cast<double>(product), 2e-6 * largest) << "group " << group;
      }
    }
  }
}

TEST_P(NormalEquations, HasTheSameBitsForAnyTeam) {
  PerGroup<double> factors;
  factors.fill(0.7);
  System alone(siren), team(siren);
  nbm::ThreadPool one(1), three(3);
  nbm::add_normal_equations(siren, p, rows, factors, alone.matrix, alone.vector, one);
  nbm::add_normal_equations(siren, p, rows, factors, team.matrix, team.vector, three);
  EXPECT_EQ(alone.matrix, team.matrix);
  EXPECT_EQ(alone.vector, team.vector);
}

INSTANTIATE_TEST_SUITE_P(Shapes, NormalEquations,
                         ::testing::Values(Siren{.hidden = {6, 5}}, Siren{.hidden = {1}},
                                           Siren{.hidden = {4, 4, 4}, .omega = 4.0}));

TEST(NormalEquationsInput, RejectsAnotherSize) {
  const Siren siren;
  const auto p = both_networks(siren);
  nbm::RowSet rows;
  rows.irregular.clear();
  nbm::ThreadPool pool(1);
  std::vector<double> matrix(4), vector(2);
  EXPECT_THROW(nbm::add_normal_equations(siren, p, rows, {}, matrix, vector, pool), nbm::InvalidArgument);
}

}  // namespace
