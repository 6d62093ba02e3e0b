#include <gtest/gtest.h>

#include <cmath>

#include "nbm/rows/grid_system.hpp"

namespace {

using namespace nbm;

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

Problem periodic_ball(double contrast) {
  Problem problem;
  problem.level_set = Field(FieldCallback([](PointsView p, std::span<double> v) {
    for (index_t i = 0; i < p.size; ++i) v[at(i)] = std::sqrt(dot(p[i], p[i])) - 0.6;
  }));
  problem.minus.mu = contrast;
  problem.set_period(0, 2.0);
  problem.set_period(1, 0.0);
  problem.set_period(2, -1.0);
  return problem;
}

// Without an interface: every row is the seven-point star, wrapped; copies stand alone.
TEST(JoinWalls, MakesAllCellsAlike) {
  Problem problem = periodic_ball(1.0);
  problem.level_set = 1.0;
  ThreadPool pool(1);
  const GridSystem system = assemble_grid_system(problem, {3, 4, 5}, pool);
  EXPECT_EQ(system.copies.size(), at(4 * 5 * 6 - 3 * 4 * 5));
  std::vector<bool> is_copy(at(system.size()));
  for (const GridCopy& copy : system.copies) is_copy[at(copy.node)] = true;
  const Vec3<double> h = {2.0 / 3, 2.0 / 4, 2.0 / 5};
  double center = 0.0;
  for (int k = 0; k < kDim; ++k) center += 2.0 / (h[k] * h[k]);
  for (index_t n = 0; n < system.size(); ++n) {
    const index_t size = system.row_begin[at(n + 1)] - system.row_begin[at(n)];
    if (is_copy[at(n)]) {
      EXPECT_EQ(size, 1);
      continue;
    }
    EXPECT_EQ(size, 7);
    EXPECT_NEAR(system.diagonal[at(n)], center, 1e-12 * center);
    double sum = 0.0;
    for (index_t e = system.row_begin[at(n)]; e < system.row_begin[at(n + 1)]; ++e) {
      sum += system.value[at(e)];
      EXPECT_FALSE(is_copy[at(system.column[at(e)])]);
      if (e == system.row_begin[at(n)]) continue;
      EXPECT_LT(system.column[at(e - 1)], system.column[at(e)]);
    }
    EXPECT_NEAR(sum, 0.0, 1e-13);
  }
}

// u = x + 2 y has the jumps 2 along x and 4 along y: all rows hold at its nodes.
TEST(JoinWalls, HoldsForALinearFunction) {
  Problem problem = periodic_ball(1.0);
  problem.set_period(1, 4.0);
  problem.set_period(2, 0.0);
  ThreadPool pool(1);
  const Vec3<index_t> cells{6, 5, 7};
  const GridSystem system = assemble_grid_system(problem, cells, pool);
  const auto u = [&](index_t n) {
    const index_t nz = cells.z + 1, ny = cells.y + 1;
    const Vec3<double> p =
        grid_node(problem.box, cells,
                  {static_cast<double>(n / (ny * nz)), static_cast<double>(n / nz % ny), static_cast<double>(n % nz)});
    return p.x + 2.0 * p.y;
  };
  for (const GridCopy& copy : system.copies) EXPECT_NEAR(u(copy.node), u(copy.of) + copy.jump, 1e-13);
  std::vector<bool> is_copy(at(system.size()));
  for (const GridCopy& copy : system.copies) is_copy[at(copy.node)] = true;
  for (index_t n = 0; n < system.size(); ++n) {
    if (is_copy[at(n)]) continue;
    double left = -system.rhs[at(n)];
    for (index_t e = system.row_begin[at(n)]; e < system.row_begin[at(n + 1)]; ++e) {
      left += system.value[at(e)] * u(system.column[at(e)]);
    }
    EXPECT_NEAR(left, 0.0, 1e-12);
  }
}

TEST(JoinWalls, HasTheSameBitsForAnyTeam) {
  const Problem problem = periodic_ball(50.0);
  ThreadPool one(1), two(2);
  const GridSystem a = assemble_grid_system(problem, {18, 20, 16}, one),
                   b = assemble_grid_system(problem, {18, 20, 16}, two);
  EXPECT_EQ(a.row_begin, b.row_begin);
  EXPECT_EQ(a.column, b.column);
  EXPECT_EQ(a.value, b.value);
  EXPECT_EQ(a.rhs, b.rhs);
  EXPECT_EQ(a.diagonal, b.diagonal);
  ASSERT_EQ(a.copies.size(), b.copies.size());
  for (std::size_t i = 0; i < a.copies.size(); ++i) EXPECT_EQ(a.copies[i].jump, b.copies[i].jump);
}

}  // namespace
