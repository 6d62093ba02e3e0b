#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cells.hpp"
#include "nbm/core/error.hpp"
#include "nbm/rows/assemble.hpp"
#include "nbm/rows/cell_parts.hpp"
#include "sphere_problem.hpp"

namespace {

using namespace nbm;

// Cells whose centre is within half a cell of the sphere: irregular ones.
Points cells_at_sphere(index_t n, double h) {
  test::Random random;
  Points points;
  while (points.size() < n) points.push_back((0.5 + random.uniform(-0.5, 0.5) * h) * random.direction());
  return points;
}

// The exact solution, which is the Dirichlet data too, in the rows. The box is [-1, 1]^3: network coordinates are box
// coordinates.
double largest_residual(const StencilRows& rows, const Problem& exact) {
  double largest = 0.0;
  for (std::size_t row = 0; row < rows.rhs.size(); ++row) {
    double r = -rows.rhs[row];
    for (std::size_t side = 0; side < kSides; ++side) {
      for (auto e = rows.begin[side][row]; e < rows.begin[side][row + 1]; ++e) {
        const auto at = static_cast<std::size_t>(e);
        const auto& x = rows.x[side];
        r += rows.weight[side][at] * exact.medium(static_cast<Side>(side)).boundary.at({x[0][at], x[1][at], x[2][at]});
      }
    }
    largest = std::max(largest, std::abs(r));
  }
  return largest;
}

void expect_same(const StencilRows& a, const StencilRows& b) {
  for (std::size_t side = 0; side < kSides; ++side) {
    EXPECT_EQ(a.begin[side], b.begin[side]);
    EXPECT_EQ(a.weight[side], b.weight[side]);
    EXPECT_EQ(a.x[side], b.x[side]);
  }
  EXPECT_EQ(a.rhs, b.rhs);
}

// Jacobi residuals of irregular rows are of second order; 3 leaves room for the sampling of the worst cell.
TEST(Assemble, ExactSolutionLeavesResidualsOfSecondOrder) {
  const Problem exact = nbm::testing::sphere_problem();
  double residual[2];
  for (int level = 0; level < 2; ++level) {
    const double h = 2.0 / (64 << level);
    residual[level] = largest_residual(assemble_irregular(exact, cells_at_sphere(4000, h).view(), {h, h, h}), exact);
  }
  EXPECT_GT(residual[0] / residual[1], 3.0);
  EXPECT_LT(residual[0], 2e-4);  // 5e-4 was the largest of 96 random cells at twice this h
}

TEST(Assemble, NonCubicCellsConvergeToo) {
  const Problem exact = nbm::testing::sphere_problem();
  const Vec3<double> h{0.02, 0.03, 0.015};
  const Points points = cells_at_sphere(2000, 0.015);
  const double coarse = largest_residual(assemble_irregular(exact, points.view(), h), exact);
  const double fine = largest_residual(assemble_irregular(exact, points.view(), 0.5 * h), exact);
  EXPECT_LT(coarse, 2e-4);
  EXPECT_GT(coarse / fine, 2.5);
}

TEST(Assemble, RowsDoNotDependOnTheBatchTheyComeIn) {
  Problem problem = nbm::testing::sphere_problem();
  const double h = 2.0 / 64;
  const Points points = cells_at_sphere(200, h);
  for (const double resistance : {0.0, 0.4}) {
    problem.resistance = resistance;
    StencilRows pieces = assemble_irregular(problem, points.view().slice(0, 61), {h, h, h});
    pieces.append(assemble_irregular(problem, points.view().slice(61, 139), {h, h, h}));
    expect_same(pieces, assemble_irregular(problem, points.view(), {h, h, h}));
  }
}

TEST(Assemble, RowsAreThoseOfTheParts) {
  const Problem problem = nbm::testing::sphere_problem();
  const Vec3<double> h{0.03, 0.02, 0.04};
  const Points points = cells_at_sphere(50, 0.03);
  const StencilRows rows = assemble_irregular(problem, points.view(), h);
  const CellParts parts = cell_parts(problem, points.view(), h);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_DOUBLE_EQ(rows.rhs[i], parts.rhs[i] / parts.diagonal[i]);
    double whole = 0.0, split = 0.0;
    for (int n = 0; n < kCubeNodes; ++n) whole += std::abs(parts.weights[i * kCubeNodes + static_cast<std::size_t>(n)]);
    for (std::size_t side = 0; side < kSides; ++side) {
      for (auto e = rows.begin[side][i]; e < rows.begin[side][i + 1]; ++e) {
        EXPECT_NE(rows.weight[side][static_cast<std::size_t>(e)], 0.0);
        split += std::abs(rows.weight[side][static_cast<std::size_t>(e)]);
      }
    }
    EXPECT_NEAR(split, whole / parts.diagonal[i], 1e-13);
  }
}

// A regular cell has the same row in either form.
TEST(Assemble, RegularAndIrregularFormsAgreeOnRegularCells) {
  Problem problem = nbm::testing::sphere_problem();
  problem.plus.k = 0.5;
  problem.box = {{-1.0, -2.0, -1.0}, {2.0, 1.0, 1.0}};
  const Vec3<double> h{0.05, 0.1, 0.07};
  Points points;
  points.push_back({0.8, 0.1, -0.2});
  points.push_back({-0.6, 0.7, 0.3});
  DifferenceRows regular = make_difference_rows(problem.box, h, 3);
  assemble_regular(problem, Side::plus, points.view(), h, regular, 1);
  const StencilRows stencil = assemble_irregular(problem, points.view(), h);
  ASSERT_EQ(stencil.begin[0].back(), 0);
  ASSERT_EQ(stencil.begin[1].back(), 14);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(regular.rhs[1 + i], stencil.rhs[i], 1e-15);
    double center = regular.value[1 + i];
    const std::size_t below[] = {0, 1, 2}, above[] = {6, 5, 4};  // in the order of the cube
    for (std::size_t axis = 0; axis < kDim; ++axis) {
      const double first = regular.first[axis][1 + i], second = regular.second[axis][1 + i];
      EXPECT_NEAR(stencil.weight[1][7 * i + below[axis]], second - 0.5 * first, 1e-15);
      EXPECT_NEAR(stencil.weight[1][7 * i + above[axis]], second + 0.5 * first, 1e-15);
      center -= 2.0 * second;
      EXPECT_NEAR(stencil.x[1][axis][7 * i + 3], regular.x[axis][1 + i], 1e-15);
      EXPECT_NEAR(stencil.x[1][axis][7 * i + above[axis]] - regular.x[axis][1 + i],
                  regular.step[static_cast<int>(axis)], 1e-15);
    }
    EXPECT_NEAR(stencil.weight[1][7 * i + 3], center, 1e-15);
  }
}

TEST(Assemble, BoundaryRowsCarryTheDirichletValue) {
  Problem problem;
  problem.box = {{0.0, 0.0, 0.0}, {2.0, 4.0, 8.0}};
  problem.plus.boundary = Field(FieldCallback([](PointsView p, std::span<double> values) {
    for (index_t i = 0; i < p.size; ++i) values[static_cast<std::size_t>(i)] = p.x[i] + 10 * p.y[i] + 100 * p.z[i];
  }));
  Points points;
  points.push_back({2.0, 1.0, 2.0});
  points.push_back({0.0, 2.0, 4.0});
  PointRows rows = make_boundary_rows(Side::plus, 3);
  assemble_boundary(problem, Side::plus, points.view(), rows, 1);
  EXPECT_EQ(rows.rhs[1], 212.0);
  EXPECT_EQ(rows.rhs[2], 420.0);
  EXPECT_EQ(rows.weight[1][0][1], 1.0);
  EXPECT_EQ(rows.x[0][1], 1.0);
  EXPECT_EQ(rows.x[1][1], -0.5);
  EXPECT_EQ(rows.x[2][2], 0.0);
}

// The rows do not know the unit of length: a box of nanometres with the jumps of its own unit.
TEST(Assemble, JumpRowsAreTheSameInAnyUnitOfLength) {
  Problem problem;
  problem.minus.mu = 4.0;
  problem.plus.mu = 0.25;
  problem.jump_u = 3.0;
  problem.jump_flux = 1.5;
  const Vec3<double> at{0.3, -0.2, 0.5}, normal{0.6, 0.0, 0.8}, h{0.1, 0.05, 0.2};
  const auto rows_in = [&](double unit) {
    Problem scaled = problem;
    scaled.box = {unit * problem.box.lower, unit * problem.box.upper};
    scaled.jump_flux = 1.5 / unit;
    Points points, normals;
    points.push_back(unit * at);
    normals.push_back(normal);
    std::pair rows(make_value_jump_rows(scaled, unit * h, 1), make_flux_jump_rows(scaled, unit * h, 1));
    assemble_jumps(scaled, points.view(), normals.view(), unit * h, rows.first, rows.second, 0);
    return rows;
  };
  const auto [value, flux] = rows_in(1.0);
  EXPECT_EQ(value.weight[0][0][0], -1.0);
  EXPECT_EQ(value.weight[1][0][0], 1.0);
  EXPECT_EQ(value.rhs[0], 3.0);
  // Half of the edge is 1, the geometric mean of mu too.
  EXPECT_DOUBLE_EQ(flux.weight[0][1][0], -4.0 * 0.6 / 0.1);
  EXPECT_DOUBLE_EQ(flux.weight[1][3][0], 0.25 * 0.8 / 0.2);
  EXPECT_DOUBLE_EQ(flux.rhs[0], 1.5);
  const auto [small_value, small_flux] = rows_in(1e-9);
  EXPECT_EQ(small_value.rhs, value.rhs);
  EXPECT_DOUBLE_EQ(small_flux.rhs[0], flux.rhs[0]);
  for (std::size_t side = 0; side < kSides; ++side) {
    for (std::size_t q = 1; q < kPointTerms; ++q) {
      EXPECT_DOUBLE_EQ(small_flux.weight[side][q][0], flux.weight[side][q][0]);
    }
  }
}

// u- = 1 + 2x, u+ = 4 - x at x = 0.3 with mu of 3 and 5: fluxes 6 and -5, a mean of 0.5 and a mean u of 2.65.
TEST(Assemble, JumpRowsOfLawsHoldForTheSolution) {
  Problem problem;
  problem.minus.mu = 3.0;
  problem.plus.mu = 5.0;
  problem.resistance = 0.8;
  problem.surface_reaction = -2.0;
  problem.jump_u = (4.0 - 0.3) - 1.6 - 0.8 * 0.5;
  problem.jump_flux = -11.0 + 2.0 * 2.65;
  const Vec3<double> h{0.1, 0.05, 0.2};
  Points points, normals;
  points.push_back({0.3, 0.1, -0.4});
  normals.push_back({1.0, 0.0, 0.0});
  PointRows value = make_value_jump_rows(problem, h, 1), flux = make_flux_jump_rows(problem, h, 1);
  assemble_jumps(problem, points.view(), normals.view(), h, value, flux, 0);
  for (const PointRows& rows : {value, flux}) {
    const double u[kSides] = {1.6, 3.7}, slope[kSides] = {2.0, -1.0};
    double residual = -rows.rhs[0];
    for (std::size_t s = 0; s < kSides; ++s) {
      residual += rows.weight[s][0][0] * u[s] + rows.weight[s][1][0] * h.x * slope[s];
    }
    EXPECT_NEAR(residual, 0.0, 1e-14);
  }
  problem.resistance = -0.8;
  EXPECT_THROW(assemble_jumps(problem, points.view(), normals.view(), h, value, flux, 0), InvalidField);
}

TEST(Assemble, BadCoefficientsAreNamedWithTheirPlace) {
  const double h = 0.05;
  const Points points = cells_at_sphere(10, h);
  const auto field_of = [&](Problem problem) -> std::string {
    try {
      assemble_irregular(problem, points.view(), {h, h, h});
    } catch (const InvalidField& e) {
      EXPECT_LT(std::abs(test::norm(e.point) - 0.5), 3 * h);
      return e.field;
    }
    return "nothing";
  };
  const Problem good = nbm::testing::sphere_problem();
  EXPECT_EQ(field_of(good), "nothing");
  Problem bad = good;
  bad.minus.mu = 0.0;
  EXPECT_EQ(field_of(bad), names_of(Side::minus).mu);
  bad = good;
  bad.plus.f = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(field_of(bad), names_of(Side::plus).f);
  bad = good;
  bad.jump_flux = std::numeric_limits<double>::infinity();
  EXPECT_EQ(field_of(bad), "jump_flux");
  bad = good;
  bad.level_set = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(field_of(bad), "level_set");
}

TEST(Assemble, NoPointsNoRows) {
  const Problem problem = nbm::testing::sphere_problem();
  EXPECT_EQ(assemble_irregular(problem, {}, {0.1, 0.1, 0.1}).size(), 0);
  DifferenceRows rows = make_difference_rows(problem.box, {0.1, 0.1, 0.1}, 0);
  assemble_regular(problem, Side::minus, {}, {0.1, 0.1, 0.1}, rows, 0);
  EXPECT_EQ(rows.size(), 0);
}

}  // namespace
