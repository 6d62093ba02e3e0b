#include <gtest/gtest.h>

#include <cmath>

#include "nbm/core/error.hpp"
#include "nbm/rows/grid_system.hpp"
#include "sphere_problem.hpp"

namespace {

using namespace nbm;

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

TEST(GridSystem, HasTheSameBitsForAnyTeam) {
  const Problem problem = nbm::testing::sphere_problem();
  ThreadPool one(1), two(2);
  const GridSystem a = assemble_grid_system(problem, {24, 20, 28}, one),
                   b = assemble_grid_system(problem, {24, 20, 28}, two);
  EXPECT_EQ(a.row_begin, b.row_begin);
  EXPECT_EQ(a.column, b.column);
  EXPECT_EQ(a.value, b.value);
  EXPECT_EQ(a.rhs, b.rhs);
  EXPECT_EQ(a.side, b.side);
}

// Rows of a problem without reaction sum to 0 (a constant has no flux) but for the Dirichlet rows; columns ascend.
TEST(GridSystem, RowsAreWellFormed) {
  const Problem problem = nbm::testing::sphere_problem();
  ThreadPool pool(1);
  const Vec3<index_t> cells{16, 18, 20};
  const GridSystem system = assemble_grid_system(problem, cells, pool);
  ASSERT_EQ(system.size(), 17 * 19 * 21);
  index_t irregular = 0, regular = 0;
  for (index_t n = 0; n < system.size(); ++n) {
    const index_t begin = system.row_begin[at(n)], size = system.row_begin[at(n + 1)] - begin;
    double sum = 0.0;
    for (index_t e = begin; e < begin + size; ++e) {
      sum += system.value[at(e)];
      if (e > begin) {
        EXPECT_LT(system.column[at(e - 1)], system.column[at(e)]);
      }
    }
    const index_t i = n / (19 * 21), j = n / 21 % 19, k = n % 21;
    const bool boundary = i == 0 || j == 0 || k == 0 || i == 16 || j == 18 || k == 20;
    EXPECT_NEAR(sum, boundary ? 1.0 : 0.0, 1e-13);
    if (boundary) {
      EXPECT_EQ(size, 1);
      EXPECT_EQ(system.column[at(begin)], n);
    }
    regular += size == 7;
    irregular += size > 7;
    EXPECT_LE(size, 81);
  }
  EXPECT_GT(regular, 1000);
  EXPECT_GT(irregular, 300);  // at least the nodes within half a cell of the sphere, about 4 pi r^2 h of the volume
}

// A constant has no flux, whatever the resistance; on the interface it reacts.
TEST(GridSystem, RowsOfLawsAreWellFormed) {
  Problem problem = nbm::testing::sphere_problem();
  problem.resistance = 0.6;
  ThreadPool one(1), two(2);
  const GridSystem system = assemble_grid_system(problem, {14, 12, 13}, one);
  EXPECT_EQ(system.value, assemble_grid_system(problem, {14, 12, 13}, two).value);
  const auto sum_of_row = [](const GridSystem& of, index_t n) {
    double sum = 0.0;
    for (index_t e = of.row_begin[at(n)]; e < of.row_begin[at(n + 1)]; ++e) sum += of.value[at(e)] * of.diagonal[at(n)];
    return sum;
  };
  const auto reacts = [&](const GridSystem& of) {
    double sum = 0.0;
    for (index_t n = 0; n < of.size(); ++n) {
      if (of.row_begin[at(n + 1)] - of.row_begin[at(n)] > 1) sum += sum_of_row(of, n);
    }
    return sum * (8.0 / (14 * 12 * 13));
  };
  EXPECT_NEAR(reacts(system), 0.0, 1e-9);
  problem.resistance = 0.0;
  problem.surface_reaction = 1.5;
  EXPECT_NEAR(reacts(assemble_grid_system(problem, {28, 24, 26}, one)) * 0.125, 1.5 * 3.14159 * 4 * 0.25, 0.1);
}

// The exact solution leaves Jacobi residuals of the size of the truncation error.
TEST(GridSystem, ExactSolutionNearlySolvesIt) {
  const Problem exact = nbm::testing::sphere_problem();
  ThreadPool pool(2);
  double residual[2];
  for (int level = 0; level < 2; ++level) {
    const index_t cells = 32 << level;
    const GridSystem system = assemble_grid_system(exact, {cells, cells, cells}, pool);
    Points nodes;
    for (index_t i = 0; i <= cells; ++i) {
      for (index_t j = 0; j <= cells; ++j) {
        for (index_t k = 0; k <= cells; ++k) {
          nodes.push_back(grid_node(exact.box, {cells, cells, cells},
                                    {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)}));
        }
      }
    }
    std::array<std::vector<double>, kSides> u{std::vector<double>(nodes.x.size()), std::vector<double>(nodes.x.size())};
    exact.minus.boundary.evaluate(nodes.view(), u[0]);
    exact.plus.boundary.evaluate(nodes.view(), u[1]);
    residual[level] = 0.0;
    for (index_t n = 0; n < system.size(); ++n) {
      double r = -system.rhs[at(n)];
      for (index_t e = system.row_begin[at(n)]; e < system.row_begin[at(n + 1)]; ++e) {
        const std::size_t column = at(system.column[at(e)]);
        r += system.value[at(e)] * u[system.side[column]][column];
      }
      residual[level] = std::max(residual[level], std::abs(r));
    }
  }
  EXPECT_LT(residual[0], 1e-3);  // 5e-4 is the largest of 96 random cells at N = 32; here it is the largest of all
  EXPECT_GT(residual[0] / residual[1], 3.0);
}

TEST(GridSystem, AProblemWithoutInterfaceIsPlain) {
  Problem problem;
  problem.level_set = 1.0;
  ThreadPool pool(1);
  const GridSystem system = assemble_grid_system(problem, {8, 8, 8}, pool);
  EXPECT_EQ(static_cast<index_t>(system.value.size()), 7 * 7 * 7 * 7 + (729 - 343));
  for (const auto side : system.side) EXPECT_EQ(side, 1);
}

// A quadratic that solves the equation of either side leaves nothing: its fluxes through faces and patches balance its
// sources exactly, whatever the interface cuts off.
TEST(GridSystem, AKnownQuadraticLeavesNothing) {
  Problem problem = nbm::testing::sphere_problem();  // its level set and box
  problem.minus = {.k = 2.0, .mu = 3.0};
  problem.plus = {.k = 0.5, .mu = 0.25};
  problem.jump_u = problem.jump_flux = 0.0;
  const auto b = [](Vec3<double> p) { return 1.0 + p.x * p.x - 0.5 * p.y * p.z + 2.0 * p.y * p.y - p.z; };
  const auto mu = [](Side side) { return side == Side::minus ? 3.0 : 0.25; };
  const auto fill = [](PointsView points, std::span<double> values, auto&& at_point) {
    for (index_t i = 0; i < points.size; ++i) values[at(i)] = at_point(points[i]);
  };
  KnownPart known;
  known.source = [=](Side side, PointsView points, std::span<double> v) {
    fill(points, v, [&](Vec3<double>) { return -mu(side) * 6.0; });  // f - k b with the f that b solves: - mu Laplace b
  };
  known.residual = [=](Side, PointsView points, std::span<double> v) {
    fill(points, v, [](Vec3<double>) { return 0.0; });
  };
  known.flux = [=](Side side, PointsView points, std::array<std::span<double>, kDim> flux) {
    fill(points, flux[0], [&](Vec3<double> p) { return mu(side) * 2.0 * p.x; });
    fill(points, flux[1], [&](Vec3<double> p) { return mu(side) * (4.0 * p.y - 0.5 * p.z); });
    fill(points, flux[2], [&](Vec3<double> p) { return mu(side) * (-0.5 * p.y - 1.0); });
  };
  ThreadPool pool(2);
  const GridSystem system = assemble_grid_system(problem, {14, 15, 16}, pool, &known);
  for (const double rhs : system.rhs) ASSERT_NEAR(rhs, 0.0, 1e-12);
  // And one that does not, does: the source alone is no balance.
  known.flux = [=](Side, PointsView points, std::array<std::span<double>, kDim> flux) {
    for (auto& component : flux) fill(points, component, [&](Vec3<double> p) { return b(p); });
  };
  double largest = 0.0;
  for (const double rhs : assemble_grid_system(problem, {14, 15, 16}, pool, &known).rhs) {
    largest = std::max(largest, std::abs(rhs));
  }
  EXPECT_GT(largest, 1e-3);
}

TEST(GridSystem, RefusesWhatItCannotDo) {
  const Problem problem = nbm::testing::sphere_problem();
  ThreadPool pool(2);
  const auto argument_of = [&](const Problem& p, Vec3<index_t> cells) -> std::string {
    try {
      assemble_grid_system(p, cells, pool);
    } catch (const InvalidArgument& e) {
      return e.name;
    }
    return "none";
  };
  EXPECT_EQ(argument_of(problem, {16, 1, 16}), "cells");
  EXPECT_EQ(argument_of(problem, {16, 16, 641}), "cells");
}

}  // namespace
