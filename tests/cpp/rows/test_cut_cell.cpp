#include <gtest/gtest.h>

#include <cmath>

#include "cells.hpp"
#include "nbm/rows/regular_row.hpp"

namespace {

using namespace nbm;
using test::kEps;

constexpr Vec3<double> kUnit{1.0, 1.0, 1.0};
constexpr Vec3<double> kBrick{0.5, 0.2, 0.3};

double interface_area(const CutCell& cell) {
  double sum = 0.0;
  for (int p = 0; p < cell.patches; ++p) sum += cell.patch[p].area;
  return sum;
}

TEST(CutCell, UncutCellsBelongToOneSide) {
  for (const double sign : {-1.0, 1.0}) {
    const CutCell cell = test::cut_cell_of([&](Vec3<double>) { return sign; }, {}, kBrick);
    const int side = index_of(side_of(sign));
    EXPECT_DOUBLE_EQ(cell.volume[side], cell_volume(kBrick));
    EXPECT_EQ(cell.volume[1 - side], 0.0);
    EXPECT_EQ(cell.patches, 0);
    for (int face = 0; face < kFaces; ++face) {
      const int axis = face_axis(face);
      EXPECT_DOUBLE_EQ(cell.face_area[side][face], face_area(kBrick, axis));
      EXPECT_EQ(cell.face_area[1 - side][face], 0.0);
      EXPECT_NEAR(cell.face_centroid[side][face][axis], 0.5 * face_sign(face) * kBrick[axis], kEps);
      EXPECT_NEAR(cell.face_centroid[side][face][(axis + 1) % 3], 0.0, kEps);
    }
  }
}

// A plane across one axis: everything by hand.
TEST(CutCell, CutsASlab) {
  const CutCell cell = test::cut_cell_of([](Vec3<double> p) { return p.x - 0.1; }, {}, kBrick);
  EXPECT_NEAR(cell.volume[0], 0.35 * 0.2 * 0.3, 4 * kEps);
  EXPECT_EQ(cell.face_area[1][0], 0.0);
  EXPECT_NEAR(cell.face_area[0][0], 0.2 * 0.3, 4 * kEps);
  EXPECT_NEAR(cell.face_area[0][2], 0.35 * 0.3, 4 * kEps);
  EXPECT_NEAR(cell.face_area[1][2], 0.15 * 0.3, 4 * kEps);
  EXPECT_NEAR(cell.face_centroid[0][2].x, -0.25 + 0.175, 4 * kEps);
  EXPECT_NEAR(cell.face_centroid[1][2].x, 0.25 - 0.075, 4 * kEps);
  EXPECT_NEAR(cell.face_centroid[1][2].y, -0.1, 4 * kEps);
  EXPECT_NEAR(interface_area(cell), 0.2 * 0.3, 4 * kEps);
}

// One corner of a unit cell: a tetrahedron with edges 1/2 is 1/48 of the cell, its face parts 1/8.
TEST(CutCell, CutsACorner) {
  const CutCell cell = test::cut_cell_of([](Vec3<double> p) { return p.x + p.y + p.z + 1.0; }, {}, kUnit);
  EXPECT_NEAR(cell.volume[0], 1.0 / 48.0, 4 * kEps);
  for (const int face : {0, 2, 4}) {
    EXPECT_NEAR(cell.face_area[0][face], 0.125, 4 * kEps);
    EXPECT_EQ(cell.face_area[0][face + 1], 0.0);
  }
  EXPECT_NEAR(interface_area(cell), std::sqrt(3.0) / 8.0, 4 * kEps);
}

// A corner exactly on the interface counts as plus and divides by nothing.
TEST(CutCell, AnInterfaceThroughCornersIsSafe) {
  const CutCell cell = test::cut_cell_of([](Vec3<double> p) { return p.x + p.y; }, {}, kUnit);
  EXPECT_NEAR(cell.volume[0], 0.5, 1e-11);  // corners move by 1e-12 h
  EXPECT_NEAR(interface_area(cell), std::sqrt(2.0), 1e-11);
  const CutCell touching = test::cut_cell_of([](Vec3<double> p) { return p.x + p.y + p.z + 1.5; }, {}, kUnit);
  EXPECT_EQ(touching.volume[0], 0.0);
  EXPECT_EQ(touching.patches, 0);
}

// For each side the outward area vectors of its face parts and of the interface sum to zero, for any eight corner
// values (the pieces of the interface and of the faces close up in every tetrahedron); and the parts fill the cell.
TEST(CutCell, SurfacesCloseAndPartsFillTheCellForAnyCorners) {
  test::Random random;
  for (int trial = 0; trial < 2000; ++trial) {
    const Vec3<double> h = trial % 2 ? kUnit : kBrick;
    double corner[kCellCorners];
    for (double& value : corner) value = corner_level_set(random.uniform(-1.0, 1.0), 0.2);
    CutCell cell;
    cut_cell(corner, h, cell);
    EXPECT_NEAR(cell.volume[0] + cell.volume[1], cell_volume(h), 2 * kEps * cell_volume(h));
    Vec3<double> interface;
    for (int p = 0; p < cell.patches; ++p) {
      interface = interface + cell.patch[p].area_vector;
      EXPECT_NEAR(test::norm(cell.patch[p].area_vector), cell.patch[p].area, 8 * kEps);
    }
    for (int side = 0; side < kSides; ++side) {
      Vec3<double> sum = (side == 0 ? 1.0 : -1.0) * interface;  // outward of minus is towards plus
      for (int face = 0; face < kFaces; ++face) {
        sum[face_axis(face)] += face_sign(face) * cell.face_area[side][face];
        EXPECT_NEAR(cell.face_area[0][face] + cell.face_area[1][face], face_area(h, face_axis(face)), 4 * kEps);
      }
      for (int axis = 0; axis < kDim; ++axis) EXPECT_NEAR(sum[axis], 0.0, 50 * kEps);
    }
  }
}

// Moments of the two parts of a face add up to those of the face.
TEST(CutCell, CentroidsOfPartsBalance) {
  test::Random random;
  for (int trial = 0; trial < 500; ++trial) {
    double corner[kCellCorners];
    for (double& value : corner) value = random.uniform(-1.0, 1.0);
    CutCell cell;
    cut_cell(corner, kBrick, cell);
    for (int face = 0; face < kFaces; ++face) {
      const Vec3<double> center = face_center({}, kBrick, face);
      for (int axis = 0; axis < kDim; ++axis) {
        double moment = 0.0;
        for (int side = 0; side < kSides; ++side)
          moment += cell.face_area[side][face] * cell.face_centroid[side][face][axis];
        EXPECT_NEAR(moment, face_area(kBrick, face_axis(face)) * center[axis], 16 * kEps);
      }
    }
  }
}

TEST(CutCell, NeighboursAgreeOnTheirCommonFace) {
  const auto phi = [](Vec3<double> p) { return std::sin(3 * p.x + p.y) + p.z * p.y - 0.2; };
  test::Random random;
  for (int trial = 0; trial < 300; ++trial) {
    const Vec3<double> x = random.vector(-1.0, 1.0);
    const int axis = trial % 3;
    Vec3<int> step;
    step[axis] = 1;
    const CutCell here = test::cut_cell_of(phi, x, kBrick);
    const CutCell there = test::cut_cell_of(phi, node_position(x, kBrick, step), kBrick);
    for (int side = 0; side < kSides; ++side) {
      const double area = here.face_area[side][2 * axis + 1];
      EXPECT_NEAR(area, there.face_area[side][2 * axis], 1e-13);  // corner positions differ by round-off
      if (area < 1e-6) continue;
      const Vec3<double> jump = here.face_centroid[side][2 * axis + 1] - there.face_centroid[side][2 * axis];
      for (int k = 0; k < kDim; ++k) EXPECT_NEAR(jump[k], k == axis ? kBrick[axis] : 0.0, 1e-9);
    }
  }
}

// A sphere filled with cells: volume and area of the piecewise linear interface converge at second order.
TEST(CutCell, SphereVolumeAndAreaConvergeAtSecondOrder) {
  constexpr double radius = 0.5, pi = 3.14159265358979323846;
  const double volume = 4.0 / 3.0 * pi * radius * radius * radius, area = 4.0 * pi * radius * radius;
  double volume_error[2], area_error[2];
  for (int level = 0; level < 2; ++level) {
    const int n = 16 << level;
    const double h = 1.4 / n;
    double volume_sum = 0.0, area_sum = 0.0;
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        for (int k = 0; k < n; ++k) {
          const Vec3<double> x{-0.7 + (i + 0.5) * h, -0.7 + (j + 0.5) * h, -0.7 + (k + 0.5) * h};
          const CutCell cell = test::cut_cell_of([](Vec3<double> p) { return test::norm(p) - radius; }, x, {h, h, h});
          volume_sum += cell.volume[0];
          area_sum += interface_area(cell);
        }
      }
    }
    volume_error[level] = std::abs(volume_sum - volume);
    area_error[level] = std::abs(area_sum - area);
  }
  // Second order is a factor of 4; 3.4 leaves room for the next term at n = 16.
  EXPECT_GT(volume_error[0] / volume_error[1], 3.4);
  EXPECT_GT(area_error[0] / area_error[1], 3.4);
  EXPECT_LT(volume_error[1] / volume, 5e-3);
}

}  // namespace
