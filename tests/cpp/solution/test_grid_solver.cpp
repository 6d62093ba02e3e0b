#include <gtest/gtest.h>

#include <cmath>

#include "nbm/core/error.hpp"
#include "nbm/problem/symbols.hpp"
#include "nbm/solution/correction.hpp"
#include "nbm/solution/grid_solver.hpp"
#include "sphere_problem.hpp"

namespace {

using namespace nbm;

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// |b - A u| over the norm of what boundary values leave, computed here.
double relative_residual(const GridSystem& system, const std::vector<double>& u) {
  double left = 0.0, size = 0.0;
  for (index_t n = 0; n < system.size(); ++n) {
    double r = system.rhs[at(n)], r0 = r;
    for (index_t e = system.row_begin[at(n)]; e < system.row_begin[at(n + 1)]; ++e) {
      const std::size_t column = at(system.column[at(e)]);
      const bool fixed = system.row_begin[column + 1] - system.row_begin[column] == 1;
      r -= system.value[at(e)] * u[column];
      if (fixed) r0 -= system.value[at(e)] * system.rhs[column];
    }
    left += r * r;
    size += r0 * r0;
  }
  return std::sqrt(left / size);
}

TEST(GridSolver, SolvesTheRows) {
  const Problem problem = nbm::testing::sphere_problem();
  ThreadPool pool(2);
  for (const Vec3<index_t> cells : {Vec3<index_t>{5, 7, 6}, Vec3<index_t>{24, 20, 28}}) {
    const GridSystem system = assemble_grid_system(problem, cells, pool);
    const GridNodes nodes = solve_grid_system(system, {.tolerance = 1e-11}, pool);
    EXPECT_LE(relative_residual(system, nodes.values), 1e-11 * 10);
    EXPECT_LT(nodes.residuals.size(), 40u);
    EXPECT_NEAR(nodes.residuals.front(), 1.0, 1e-12);
  }
}

TEST(GridSolver, HasTheSameBitsForAnyTeam) {
  const Problem problem = nbm::testing::sphere_problem();
  ThreadPool one(1), three(3);
  const GridSystem system = assemble_grid_system(problem, {32, 30, 34}, one);
  const GridNodes a = solve_grid_system(system, {}, one), b = solve_grid_system(system, {}, three);
  EXPECT_EQ(a.values, b.values);
  EXPECT_EQ(a.residuals, b.residuals);
}

// Steps do not grow with the number of unknowns: that is what multigrid is for.
TEST(GridSolver, TakesAsManyStepsOnAnyGrid) {
  Problem problem;
  problem.plus.f = 1.0;
  ThreadPool pool(2);
  std::size_t steps[2];
  for (const index_t level : {0, 1}) {
    const index_t cells = 16 << level;
    steps[level] =
        solve_grid_system(assemble_grid_system(problem, {cells, cells, cells}, pool), {}, pool).residuals.size();
  }
  EXPECT_LE(steps[1], steps[0] + 5);
}

// A source in a ball of any conductivity: outside u = a^3 / 3r, inside that at a plus (a^2 - r^2) / 6 mu.
TEST(GridSolver, HoldsTheConstantOfAWellConductingPiece) {
  using namespace nbm::symbols;
  constexpr double a = 0.4;
  const Symbol r = sqrt(x() * x() + y() * y() + z() * z());
  Problem problem;
  problem.level_set = Field(Expression(r - a));
  problem.minus.f = 1.0;
  problem.plus.boundary = Field(Expression(a * a * a / 3.0 / r));
  ThreadPool pool(2);
  for (const double mu : {1.0, 100.0, 300.0, 1e4, 1e6}) {
    problem.minus.mu = mu;
    const GridSolution u = solve_on_grid(problem, {24, 24, 24}, {}, pool);
    EXPECT_LE(u.residuals.back(), 1e-9) << mu;
    EXPECT_NEAR(u.values[at((12 * 25 + 12) * 25 + 12)], a * a / 3 + a * a / (6 * mu), 0.05 * a * a / 3)
        << mu;  // second order
  }
}

// Two pieces of different sizes, far apart and near to each other: each has a constant of its own.
TEST(GridSolver, HoldsTheConstantsOfSeveralPieces) {
  using namespace nbm::symbols;
  ThreadPool pool(2);
  for (const double apart : {0.45, 0.56}) {
    const Symbol left = sqrt((x() + apart) * (x() + apart) + y() * y() + z() * z()) - 0.35;
    const Symbol right = sqrt((x() - 0.4) * (x() - 0.4) + y() * y() + z() * z()) - 0.25;
    Problem problem;
    problem.level_set = Field(Expression(min(left, right)));
    problem.minus = {.mu = 3e3, .f = 1.0};
    const GridSystem system = assemble_grid_system(problem, {32, 32, 32}, pool);
    const GridNodes nodes = solve_grid_system(system, {}, pool);
    EXPECT_LE(relative_residual(system, nodes.values), 1e-9);
  }
}

TEST(GridSolver, ZeroDataHasAZeroSolution) {
  ThreadPool pool(1);
  const GridSystem system = assemble_grid_system(Problem{}, {8, 8, 8}, pool);
  const GridNodes nodes = solve_grid_system(system, {}, pool);
  for (const double value : nodes.values) EXPECT_EQ(value, 0.0);
  EXPECT_EQ(nodes.residuals, std::vector<double>{0.0});
}

TEST(GridSolver, RefusesBadOptions) {
  ThreadPool pool(1);
  const GridSystem system = assemble_grid_system(Problem{}, {4, 4, 4}, pool);
  for (const double tolerance : {0.0, 1.0, -1.0, std::nan("")}) {
    EXPECT_THROW(solve_grid_system(system, {.tolerance = tolerance}, pool), InvalidArgument);
  }
  EXPECT_THROW(solve_grid_system(system, {.most_steps = 0}, pool), InvalidArgument);
}

}  // namespace
