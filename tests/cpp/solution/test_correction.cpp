#include <gtest/gtest.h>

#include <cmath>

#include "fixtures.hpp"
#include "nbm/core/error.hpp"
#include "nbm/solution/correction.hpp"
#include "sphere_problem.hpp"

namespace {

using namespace nbm;

double root_mean_square_error(const Solution& solution, ThreadPool& pool) {
  const Points points = test::scattered(Box{{-0.9, -0.9, -0.9}, {0.9, 0.9, 0.9}}, 4000);
  std::vector<double> u(points.x.size());
  solution.evaluate(points.view(), u, pool);
  double sum = 0.0;
  for (index_t i = 0; i < points.size(); ++i) {
    const double e = u[static_cast<std::size_t>(i)] - nbm::testing::sphere_solution(points[i]);
    sum += e * e;
  }
  return std::sqrt(sum / static_cast<double>(points.size()));
}

TEST(GridSolution, IsAFunctionEverywhere) {
  ThreadPool pool(2);
  const GridSolution grid = solve_on_grid(nbm::testing::sphere_problem(), {32, 32, 32}, {}, pool);
  EXPECT_LT(root_mean_square_error(grid.solution, pool), 2 * 7.25e-5);  // docs/method.md, section 9: at the nodes
  EXPECT_EQ(grid.nodes, (Vec3<index_t>{33, 33, 33}));
  EXPECT_EQ(grid.values.size(), 33u * 33u * 33u);
  // The grid of each side holds the values of its own nodes.
  for (std::size_t i = 0; i < grid.values.size(); ++i) {
    ASSERT_EQ(grid.solution.correction()->values(static_cast<Side>(grid.side[i]))[i], grid.values[i]);
  }
}

// Networks of any weights, however far from the solution, are corrected to the accuracy of the scheme for them: a
// constant more on one side changes nothing but the jump.
TEST(Correction, RemovesWhatNetworksLack) {
  const Problem problem = nbm::testing::sphere_problem();
  ThreadPool pool(2);
  const Siren siren{.hidden = {6, 6}};
  const Solution networks = test::make_solution(problem.level_set, siren, problem.box);
  const double before = root_mean_square_error(networks, pool);
  double after[2];
  for (const index_t level : {0, 1}) {
    const index_t cells = 16 << level;
    const Solution corrected = correct(problem, networks, {cells, cells, cells}, {}, pool);
    after[level] = root_mean_square_error(corrected, pool);
    EXPECT_EQ(corrected.networks().parameters(), networks.parameters());
  }
  EXPECT_GT(before, 0.1);
  EXPECT_LT(after[1], 1e-2 * before);
  EXPECT_GT(after[0] / after[1], 2.5);  // second order
}

TEST(Correction, OfAnotherBoxIsRefused) {
  const Problem problem = nbm::testing::sphere_problem();
  const Solution networks = test::make_solution(problem.level_set);
  EXPECT_THROW(residual_problem(problem, networks), InvalidArgument);
  EXPECT_THROW(networks.corrected(test::make_correction(problem.box)), InvalidArgument);
}

// Where the networks are 0, their residuals are the data of the problem.
TEST(ResidualProblem, OfNothingIsTheProblem) {
  const Problem problem = nbm::testing::sphere_problem();
  ThreadPool pool(1);
  const Solution zero = solve_on_grid(problem, {4, 4, 4}, {}, pool).solution;
  const Problem residual = residual_problem(problem, zero);
  const Points points = test::scattered(Box{{-0.4, -0.4, -0.4}, {0.4, 0.4, 0.4}}, 50);
  std::vector<double> a(50), b(50);
  const auto expect_equal = [&](const Field& x, const Field& y) {
    x.evaluate(points.view(), a);
    y.evaluate(points.view(), b);
    EXPECT_EQ(a, b);
  };
  expect_equal(problem.minus.f, residual.minus.f);
  expect_equal(problem.plus.boundary, residual.plus.boundary);
  expect_equal(problem.jump_u, residual.jump_u);
  expect_equal(problem.jump_flux, residual.jump_flux);
}

}  // namespace
