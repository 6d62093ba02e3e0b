#include <gtest/gtest.h>

#include <vector>

#include "cells.hpp"
#include "nbm/rows/least_squares.hpp"

namespace {

using namespace nbm;

constexpr Vec3<double> kCell{0.5, 0.2, 0.3};

Vec3<int> offset_of(int n) { return {n / 9 - 1, n / 3 % 3 - 1, n % 3 - 1}; }

double coefficient(int n, Vec3<double> y) { return offset_of(n).x * y.x + offset_of(n).y * y.y + offset_of(n).z * y.z; }

std::uint32_t random_neighbors(test::Random& random, double share) {
  std::uint32_t used = 0;
  for (int n = 0; n < kNeighbors; ++n) {
    if (n != kNeighborSelf && random.uniform(0.0, 1.0) < share) used |= 1u << n;
  }
  return used;
}

// The derivative of g.x along n is n.g whenever the neighbours span the space.
TEST(LeastSquares, IsExactOnLinearFunctions) {
  test::Random random;
  int full = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    const std::uint32_t used = random_neighbors(random, trial % 2 ? 0.15 : 0.5);
    const Vec3<double> n = random.direction(), g = random.vector(-1.0, 1.0);
    const Symmetric3 m = neighbor_moments(used), a = m.adjugate();
    if (m.xx * a.xx + m.xy * a.xy + m.xz * a.xz == 0.0) continue;
    ++full;
    const Vec3<double> y = least_squares_derivative(used, n, kCell);
    double derivative = 0.0;
    for (int j = 0; j < kNeighbors; ++j) {
      if (used >> j & 1u) derivative += coefficient(j, y) * dot(g, node_position({}, kCell, offset_of(j)));
    }
    // Integer moments are exact; det >= 1 and cofactors <= 18^2 bound the growth of round-off.
    EXPECT_NEAR(derivative, dot(n, g), 1e-12);
  }
  EXPECT_GT(full, 1500);
}

// The Moore-Penrose conditions for y = M^+ n in box units: M y is the projection of n on the span of the offsets, and y
// lies in that span.
TEST(LeastSquares, TakesTheMinimumNormWhereNeighboursArePlanarCollinearOrAbsent) {
  const std::vector<std::vector<int>> cases = {
      {},                     // none
      {14},                   // +z
      {12, 14},               // the z axis
      {0, 26},                // a diagonal
      {14, 16},               // +z, +y: the plane x = 0
      {10, 14, 16, 17},       // the same plane, more of it
      {22, 14, 23},           // x and z
      {26, 14},               // the plane of (1, 1, 1) and (0, 0, 1)
      {1, 25, 5, 21, 4, 22},  // spans the space
  };
  test::Random random;
  for (const auto& neighbors : cases) {
    std::uint32_t used = 0;
    for (const int j : neighbors) used |= 1u << j;
    const Vec3<double> n = random.direction();
    const Vec3<double> scaled = least_squares_derivative(used, n, kCell);
    const Vec3<double> y{scaled.x / kCell.x, scaled.y / kCell.y, scaled.z / kCell.z};
    // An orthonormal basis of the offsets' span.
    std::vector<Vec3<double>> basis;
    for (const int j : neighbors) {
      Vec3<double> v = node_position({}, kCell, offset_of(j));
      for (const auto& b : basis) v = v - dot(v, b) * b;
      if (test::norm(v) > 1e-9) basis.push_back((1.0 / test::norm(v)) * v);
    }
    Vec3<double> projected_n, projected_y, my;
    for (const auto& b : basis) {
      projected_n = projected_n + dot(n, b) * b;
      projected_y = projected_y + dot(y, b) * b;
    }
    for (const int j : neighbors) {
      const Vec3<double> v = node_position({}, kCell, offset_of(j));
      my = my + dot(v, y) * v;
    }
    for (int axis = 0; axis < kDim; ++axis) {
      EXPECT_NEAR(my[axis], projected_n[axis], 1e-13);
      EXPECT_NEAR(y[axis], projected_y[axis], 1e-11 * (1.0 + test::norm(y)));
    }
  }
}

TEST(LeastSquares, AllNeighboursGiveCentralWeights) {
  const std::uint32_t all = kAllNeighbors & ~(1u << kNeighborSelf);
  const Vec3<double> y = least_squares_derivative(all, {1.0, 0.0, 0.0}, {0.5, 0.5, 0.5});
  EXPECT_DOUBLE_EQ(y.x, 1.0 / (18.0 * 0.5));  // 18 of the 26 neighbours have i = -1 or 1
  EXPECT_EQ(y.y, 0.0);
  EXPECT_EQ(y.z, 0.0);
}

}  // namespace
