#include <gtest/gtest.h>

#include "cells.hpp"
#include "nbm/rows/regular_row.hpp"

namespace {

using namespace nbm;
using test::kEps;

constexpr Vec3<double> kCell{0.5, 0.2, 0.3};

template <class F>
double residual(const RegularRow<double>& row, F u, Vec3<double> x) {
  double sum = row.value * u(x) - row.rhs;
  for (int axis = 0; axis < kDim; ++axis) {
    Vec3<int> step;
    step[axis] = 1;
    const double above = u(node_position(x, kCell, step)), below = u(node_position(x, kCell, -1 * step));
    sum += row.first[axis] * 0.5 * (above - below) + row.second[axis] * (above - 2.0 * u(x) + below);
  }
  return sum;
}

// By hand: a unit cell, mu = 1 but 3 at +x, k = 2, f = 5; d = 2 + 8 = 10.
TEST(RegularRow, HandSizedCase) {
  const double mu[kFaces] = {1.0, 3.0, 1.0, 1.0, 1.0, 1.0};
  const RegularRow<double> row = regular_row(mu, 2.0, 5.0, Vec3<double>{1.0, 1.0, 1.0});
  EXPECT_DOUBLE_EQ(row.value, 0.2);
  EXPECT_DOUBLE_EQ(row.rhs, 0.5);
  EXPECT_DOUBLE_EQ(row.first.x, -0.2);
  EXPECT_DOUBLE_EQ(row.second.x, -0.2);
  EXPECT_DOUBLE_EQ(row.first.y, 0.0);
  EXPECT_DOUBLE_EQ(row.second.y, -0.1);
}

// For constant mu the scheme is exact on quadratics: k u - mu lap u = f.
TEST(RegularRow, IsExactOnQuadraticsForConstantMu) {
  const auto u = [](Vec3<double> p) { return 1.0 + p.x - 2 * p.y + p.x * p.x + 3 * p.y * p.y - p.z * p.z + p.x * p.z; };
  const double laplacian = 2.0 + 6.0 - 2.0;
  double mu[kFaces];
  for (double& value : mu) value = 1.7;
  test::Random random;
  for (int trial = 0; trial < 100; ++trial) {
    const Vec3<double> x = random.vector(-1.0, 1.0);
    const auto row = regular_row(mu, 0.4, 0.4 * u(x) - 1.7 * laplacian, kCell);
    EXPECT_NEAR(residual(row, u, x), 0.0, 40 * kEps);  // about 10 terms of size 1
  }
}

// mu linear and u linear: the fluxes at the faces are exact, and so is their difference.
TEST(RegularRow, IsExactOnLinearMuAndLinearU) {
  const auto u = [](Vec3<double> p) { return 1.0 + 2 * p.x - p.y + 0.5 * p.z; };
  const auto mu = [](Vec3<double> p) { return 4.0 + p.x + 0.5 * p.y - p.z; };
  const Vec3<double> x{0.1, 0.2, -0.3};
  double at_faces[kFaces];
  for (int face = 0; face < kFaces; ++face) at_faces[face] = mu(face_center(x, kCell, face));
  const double f = -(1.0 * 2.0 + 0.5 * -1.0 + -1.0 * 0.5);
  EXPECT_NEAR(residual(regular_row(at_faces, 0.0, f, kCell), u, x), 0.0, 10 * kEps);
}

TEST(RegularRow, ConstantsLeaveOnlyTheReaction) {
  const double mu[kFaces] = {1.0, 3.0, 0.1, 5.0, 2.0, 7.0};
  const auto row = regular_row(mu, 0.3, 0.0, kCell);
  EXPECT_DOUBLE_EQ(residual(row, [](Vec3<double>) { return 2.0; }, {}), 2.0 * row.value);
  const float no_mu[kFaces] = {};
  const auto single = regular_row(no_mu, 1.0f, 0.5f, Vec3<float>{0.5f, 0.5f, 0.5f});
  EXPECT_FLOAT_EQ(single.rhs, 0.5f);
}

}  // namespace
