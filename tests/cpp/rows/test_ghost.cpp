#include <gtest/gtest.h>

#include <cmath>

#include "cells.hpp"
#include "plane_problem.hpp"

namespace {

using namespace nbm;
using test::PlaneProblem;
using test::random_plane;

constexpr Vec3<double> kCell{0.5, 0.4, 0.3};

double apply(const GhostValue& ghost, const PlaneProblem& p) {
  double sum = ghost.constant;
  for (int j = 0, i = -1; i <= 1; ++i) {
    for (int l = -1; l <= 1; ++l) {
      for (int k = -1; k <= 1; ++k, ++j) {
        const Vec3<double> x = node_position({}, kCell, {i, l, k});
        sum += ghost.weight[j] * p.u(index_of(side_of(p.phi(x))), x);
      }
    }
  }
  return sum;
}

// Ghosts are exact for piecewise linear solutions with any jumps, explicit (own side slow) or implicit.
TEST(Ghost, IsExactOnPiecewiseLinearSolutions) {
  test::Random random;
  for (int trial = 0; trial < 1000; ++trial) {
    const PlaneProblem p = random_plane(random, trial % 2 ? 1.0 : 7.0, trial % 3 ? 3.0 : 0.2);
    const auto cell = test::level_set_of([&](Vec3<double> x) { return p.phi(x); }, {}, kCell);
    const double* phi = cell.phi + kCubeCenter;
    const GhostGeometry geometry = project_node(phi, cell.corner, 0, kCell);
    EXPECT_NEAR(geometry.distance, p.phi({}), 1e-14);
    const GhostValue ghost = ghost_value(minus_neighbors(phi), geometry, p.jumps(), kCell);
    const int other = 1 - index_of(side_of(*phi));
    EXPECT_NEAR(apply(ghost, p), p.u(other, {}), 1e-12);  // conditioning of the fit, as in test_least_squares
  }
}

// With equal mu and no jumps the ghost is the node's own value.
TEST(Ghost, WithoutJumpsIsTheValueItself) {
  test::Random random;
  const PlaneProblem p = random_plane(random, 2.0, 2.0);
  const auto cell = test::level_set_of([&](Vec3<double> x) { return p.phi(x); }, {}, kCell);
  const double* phi = cell.phi + kCubeCenter;
  const GhostValue ghost =
      ghost_value(minus_neighbors(phi), project_node(phi, cell.corner, 0, kCell), {{2.0, 2.0}, 0.0, 0.0}, kCell);
  for (int j = 0; j < kNeighbors; ++j) EXPECT_EQ(ghost.weight[j], j == kNeighborSelf ? 1.0 : 0.0);
  EXPECT_EQ(ghost.constant, 0.0);
}

// The slow side bounds the weights whatever the contrast; weights always sum to 1 (a constant has itself as ghost).
TEST(Ghost, StaysBoundedAtAnyContrast) {
  test::Random random;
  for (const double contrast : {1e-6, 1e-3, 1.0, 1e3, 1e6}) {
    double largest = 0.0;
    for (int trial = 0; trial < 500; ++trial) {
      // The node's distance from the plane stays below one cell, as it is for nodes that irregular rows touch.
      const PlaneProblem p = random_plane(random, 1.0, contrast);
      const auto cell = test::level_set_of([&](Vec3<double> x) { return p.phi(x); }, {}, kCell);
      const double* phi = cell.phi + kCubeCenter;
      const GhostValue ghost =
          ghost_value(minus_neighbors(phi), project_node(phi, cell.corner, 0, kCell), p.jumps(), kCell);
      double sum = 0.0;
      for (const double w : ghost.weight) {
        sum += w;
        largest = std::max(largest, std::abs(w));
      }
      EXPECT_NEAR(sum, 1.0, 1e-13 * (1.0 + largest));
    }
    EXPECT_LT(largest, 20.0) << contrast;
  }
}

// The foot lies on the interface near the node, and normal and distance lead there.
void expect_near_and_consistent(const GhostGeometry& at, double phi) {
  for (int axis = 0; axis < kDim; ++axis) EXPECT_LE(std::abs(at.foot[axis]), kCell[axis] * (1.0 + 4 * test::kEps));
  EXPECT_EQ(at.distance < 0.0, phi < 0.0 && test::norm(at.foot) > 0.0);
  EXPECT_LE(test::norm(at.foot + at.distance * at.normal), 4 * test::kEps);
}

// Between two planes the gradient vanishes on the medial axis; the nearer plane is found all the same.
TEST(Ghost, FindsTheInterfaceFromAMedialAxis) {
  const auto slab = [](Vec3<double> x) { return 0.1 - std::abs(x.x - 0.02); };
  const auto cell = test::level_set_of(slab, {}, kCell);
  const GhostGeometry at = project_node(cell.phi + kCubeCenter, cell.corner, 0, kCell);
  expect_near_and_consistent(at, cell.phi[kCubeCenter]);
  EXPECT_NEAR(at.foot.x, -0.08, 4 * test::kEps);  // the left plane; the right one is at 0.12
  EXPECT_EQ(at.foot.y, 0.0);
  EXPECT_EQ(at.foot.z, 0.0);
}

// By symmetry several points are the nearest: which one is taken must not depend on roundings.
TEST(Ghost, ChoosesAlikeAmongEquallyNearPoints) {
  for (const double distance : {0.1, 0.3}) {  // seen by neighbours of the node; by corners of the cell alone
    const bool seen = distance < 0.2;
    Vec3<double> found[2];
    for (int i = 0; i < 2; ++i) {
      const double rounding = (2 * i - 1) * 1e-15;
      const auto slab = [&](Vec3<double> x) { return distance - std::abs(x.x - rounding); };
      const auto balls = [&](Vec3<double> x) {
        return test::norm(Vec3<double>{std::abs(x.x - rounding), x.y, x.z} - Vec3<double>{0.25, 0.2, 0.15}) - 0.1;
      };
      const auto cell = seen ? test::level_set_of(slab, {}, kCell) : test::level_set_of(balls, {}, kCell);
      ASSERT_EQ(minus_neighbors(cell.phi + kCubeCenter) != 0u, seen);
      found[i] = project_node(cell.phi + kCubeCenter, cell.corner, 0, kCell).foot;
      EXPECT_GT(std::abs(found[i].x), 0.05);
    }
    for (int axis = 0; axis < kDim; ++axis) EXPECT_NEAR(found[0][axis], found[1][axis], 1e-14);
  }
}

// All neighbours of the node are on one side, and only the corners of the cell on the other.
TEST(Ghost, FindsTheInterfaceOnTheWayToACorner) {
  const Vec3<double> corner = {0.25, 0.2, 0.15};
  const auto ball = [&](Vec3<double> x) { return test::norm(x - corner) - 0.1; };
  const auto cell = test::level_set_of(ball, {}, kCell);
  ASSERT_EQ(minus_neighbors(cell.phi + kCubeCenter), 0u);
  const GhostGeometry at = project_node(cell.phi + kCubeCenter, cell.corner, 0, kCell);
  expect_near_and_consistent(at, cell.phi[kCubeCenter]);
  EXPECT_NEAR(ball(at.foot), 0.0, 1e-15);
}

// Noise and images: whatever the values, every ghost that a row needs has its foot near the node, and the row is
// finite.
TEST(Ghost, AnyLevelSetGivesFiniteRows) {
  test::Random random;
  for (int trial = 0; trial < 3000; ++trial) {
    const int kind = trial % 4;
    const auto noise = [&](Vec3<double>) {
      const double v = random.uniform(-1.0, 1.0);
      if (kind == 0) return v;
      if (kind == 1) return v < 0.0 ? -1.0 : 1.0;                   // an image of two materials
      if (kind == 2) return v < -0.4 ? -1.0 : v < 0.4 ? 0.0 : 1.0;  // the interface goes through nodes
      return v * v * v * 1e-9;
    };
    const auto cell = test::level_set_of(noise, {}, kCell);
    IrregularGeometry geometry;
    irregular_geometry(cell.phi, cell.corner, kCell, geometry);
    IrregularSamples samples;
    visit_samples(geometry, {}, kCell, samples, [&](Coefficient c, Vec3<double> x, double& value) {
      for (int axis = 0; axis < kDim; ++axis) ASSERT_LE(std::abs(x[axis]), 2.0 * kCell[axis] * (1.0 + 1e-12));
      value = c == Coefficient::mu_minus ? 1e-3 : c == Coefficient::mu_plus ? 1e3 : 1.0;
    });
    IrregularRow row;
    irregular_row(cell.phi, geometry, samples, kCell, row);
    for (int node = 0; node < kStarNodes; ++node) {
      if (geometry.needs_ghost[node]) {
        expect_near_and_consistent(geometry.ghost[node], cell.phi[cube_index_of_star(node)]);
      }
    }
    for (const double weight : row.weight) ASSERT_LT(std::abs(weight), 1e3 * row.diagonal);
    ASSERT_TRUE(std::isfinite(row.rhs));
  }
}

// Where the neighbours would make the equation of an implicit ghost singular, its weights stay bounded and sum to 1.
TEST(Ghost, TheImplicitEquationStaysSolvable) {
  double phi[kCubeNodes];
  for (int n = 0; n < kCubeNodes; ++n) phi[n] = (n / 25 - kCubeReach) > 0 ? 1e-3 : -1.0;  // at the nodes ahead in x
  GhostGeometry at;
  at.normal = {1.0, 0.0, 0.0};
  at.distance = -kCell.x;
  at.foot = {kCell.x, 0.0, 0.0};
  const GhostValue ghost = ghost_value(minus_neighbors(phi + kCubeCenter), at, {{1.0, 1e-12}, 0.0, 1.0}, kCell);
  double sum = 0.0;
  for (const double w : ghost.weight) {
    EXPECT_LT(std::abs(w), 1.0 / kLeastDivisor + 1.0);
    sum += w;
  }
  EXPECT_NEAR(sum, 1.0, 1e-13 / kLeastDivisor);
}

}  // namespace
