#include <gtest/gtest.h>

#include <cmath>

#include "cells.hpp"
#include "plane_problem.hpp"

namespace {

using namespace nbm;
using test::PlaneProblem;

constexpr Vec3<double> kCell{0.5, 0.4, 0.3};

struct Assembled {
  IrregularGeometry geometry;
  IrregularSamples samples;
  IrregularRow row;
  double phi[kCubeNodes];

  double residual(const PlaneProblem& p) const {
    double sum = -row.rhs;
    for (int i = -kCubeReach; i <= kCubeReach; ++i) {
      for (int j = -kCubeReach; j <= kCubeReach; ++j) {
        for (int k = -kCubeReach; k <= kCubeReach; ++k) {
          const int n = cube_index(i, j, k);
          sum += row.weight[n] * p.u(index_of(side_of(phi[n])), node_position({}, kCell, {i, j, k}));
        }
      }
    }
    return sum / row.diagonal;
  }
};

// The row of the cell at the origin: reaction k_s with f_s = k_s u_s, so that the piecewise linear u solves the
// problem.
Assembled assemble(const PlaneProblem& p, double k_minus, double k_plus) {
  Assembled out;
  const auto cell = test::level_set_of([&](Vec3<double> x) { return p.phi(x); }, {}, kCell);
  std::copy(std::begin(cell.phi), std::end(cell.phi), out.phi);
  irregular_geometry(cell.phi, cell.corner, kCell, out.geometry);
  const double k[kSides] = {k_minus, k_plus};
  visit_samples(out.geometry, {}, kCell, out.samples, [&](Coefficient c, Vec3<double> x, double& value) {
    const JumpSample jumps = p.jumps();
    switch (c) {
      case Coefficient::k_minus: value = k[0]; break;
      case Coefficient::k_plus: value = k[1]; break;
      case Coefficient::mu_minus: value = p.mu[0]; break;
      case Coefficient::mu_plus: value = p.mu[1]; break;
      case Coefficient::f_minus: value = k[0] * p.u(0, x); break;
      case Coefficient::f_plus: value = k[1] * p.u(1, x); break;
      case Coefficient::jump_u: value = jumps.jump_u; break;
      case Coefficient::jump_flux: value = jumps.jump_flux; break;
    }
  });
  irregular_row(cell.phi, out.geometry, out.samples, kCell, out.row);
  return out;
}

// Ghosts, fluxes, volumes and the flux jump together are exact for a plane interface and a piecewise linear solution.
TEST(IrregularRow, IsExactOnPiecewiseLinearSolutionsAtAnyContrast) {
  test::Random random;
  for (const double contrast : {1e-6, 0.3, 1.0, 5.0, 1e6}) {
    for (int trial = 0; trial < 500; ++trial) {
      const PlaneProblem p = test::random_plane(random, 1.0, contrast);
      const Assembled cell = assemble(p, trial % 2 ? 0.7 : 0.0, trial % 3 ? 0.0 : 2.0);
      // Round-off of ghosts whose weights reach 20 (test_ghost), relative to the diagonal.
      EXPECT_NEAR(cell.residual(p), 0.0, 1e-11) << contrast;
    }
  }
}

// Constants with no jumps: weights sum to the reaction part, zero without it.
TEST(IrregularRow, WeightsSumToTheReaction) {
  test::Random random;
  for (int trial = 0; trial < 200; ++trial) {
    const Assembled cell = assemble(test::random_plane(random, 1.0, 4.0), 0.5, 0.25);
    const auto& volume = cell.geometry.cell.volume;
    double sum = 0.0;
    for (const double w : cell.row.weight) sum += w;
    EXPECT_NEAR(sum, 0.5 * volume[0] + 0.25 * volume[1], 1e-13 * cell.row.diagonal);
  }
}

// A cell that the plane x = 0.7 h misses, while its neighbour +x lies across: the row needs that neighbour's ghost.
TEST(IrregularRow, AnUncutCellTakesTheGhostOfANeighbourAcross) {
  PlaneProblem p;
  p.n = {1.0, 0.0, 0.0};
  p.x0 = {0.7 * kCell.x, 0.0, 0.0};
  p.tangent = {0.0, 0.3, -0.2};
  p.value[0] = 1.0;
  p.value[1] = 3.0;
  p.slope[0] = 2.0;
  p.slope[1] = -1.0;
  p.mu[0] = 1.0;
  p.mu[1] = 5.0;
  const Assembled cell = assemble(p, 0.0, 0.0);
  EXPECT_EQ(cell.geometry.cell.patches, 0);
  for (int node = 0; node < kStarNodes; ++node) EXPECT_EQ(cell.geometry.needs_ghost[node], node == 2) << node;
  EXPECT_NEAR(cell.residual(p), 0.0, 1e-13);
}

// Without an interface the row is the seven-point one, and asks for nothing on the other side.
TEST(IrregularRow, AnUncutCellFarFromTheInterfaceIsRegular) {
  PlaneProblem p{};
  p.n = {1.0, 0.0, 0.0};
  p.x0 = {10.0, 0.0, 0.0};
  p.mu[0] = 2.0;
  p.mu[1] = NAN;
  const Assembled cell = assemble(p, 0.0, NAN);
  const double flux = 2.0 * cell_volume(kCell);
  for (int axis = 0; axis < kDim; ++axis) {
    const double expected = -flux / (kCell[axis] * kCell[axis]);
    EXPECT_NEAR(cell.row.weight[kCubeCenter + cube_stride(axis)], expected, 1e-15);
    EXPECT_NEAR(cell.row.weight[kCubeCenter - cube_stride(axis)], expected, 1e-15);
  }
  EXPECT_EQ(cell.row.weight[kCubeCenter], cell.row.diagonal);
  EXPECT_EQ(cell.row.rhs, 0.0);
}

// Only the 81 nodes of the stencil carry weight.
TEST(IrregularRow, TouchesTheStencilOnly) {
  test::Random random;
  int count = 0;
  for (int i = -2; i <= 2; ++i) {
    for (int j = -2; j <= 2; ++j) {
      for (int k = -2; k <= 2; ++k) count += in_stencil(i, j, k);
    }
  }
  EXPECT_EQ(count, kStencilNodes);
  const Assembled cell = assemble(test::random_plane(random, 1.0, 2.0), 0.0, 0.0);
  for (int i = -2; i <= 2; ++i) {
    for (int j = -2; j <= 2; ++j) {
      for (int k = -2; k <= 2; ++k) {
        if (in_stencil(i, j, k)) continue;
        EXPECT_EQ(cell.row.weight[cube_index(i, j, k)], 0.0);
      }
    }
  }
}

}  // namespace
