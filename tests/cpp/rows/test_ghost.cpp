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
    const GhostGeometry geometry = ghost_geometry(phi, kCell);
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
  const GhostValue ghost = ghost_value(minus_neighbors(phi), ghost_geometry(phi, kCell), {{2.0, 2.0}, 0.0, 0.0}, kCell);
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
      const GhostValue ghost = ghost_value(minus_neighbors(phi), ghost_geometry(phi, kCell), p.jumps(), kCell);
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

TEST(Ghost, AFlatLevelSetHasNoNormal) {
  double phi[kCubeNodes];
  for (double& value : phi) value = 0.25;
  const GhostGeometry at = ghost_geometry(phi + kCubeCenter, kCell);
  EXPECT_EQ(dot(at.normal, at.normal), 0.0);
}

}  // namespace
