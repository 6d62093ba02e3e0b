#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "nbm/core/error.hpp"
#include "nbm/rows/cut_grid.hpp"

namespace nbm {
namespace {

const Box kBox{{0.0, -1.0, 2.0}, {2.0, 1.0, 3.0}};
const Vec3<index_t> kCells{12, 10, 8};

template <class Phi>
CutGrid cut(Phi&& phi) {
  std::vector<double> values;
  for (index_t i = 0; i <= kCells.x; ++i) {
    for (index_t j = 0; j <= kCells.y; ++j) {
      for (index_t k = 0; k <= kCells.z; ++k) {
        const Vec3<double> e = kBox.edge();
        values.push_back(phi(Vec3<double>{kBox.lower.x + e.x * static_cast<double>(i) / 12.0,
                                          kBox.lower.y + e.y * static_cast<double>(j) / 10.0,
                                          kBox.lower.z + e.z * static_cast<double>(k) / 8.0}));
      }
    }
  }
  return cut_grid(kBox, kCells, values);
}

Vec3<double> corner(const std::vector<double>& of, std::size_t n) { return {of[3 * n], of[3 * n + 1], of[3 * n + 2]}; }

// The sum of the area vectors of triangles.
Vec3<double> area_vector_of(const std::vector<double>& triangles) {
  Vec3<double> sum;
  for (std::size_t n = 0; 3 * n < triangles.size(); n += 3) {
    const Vec3<double> a = corner(triangles, n);
    sum = sum + 0.5 * cross(corner(triangles, n + 1) - a, corner(triangles, n + 2) - a);
  }
  return sum;
}

double volume_of(const CutGrid& grid, int side) {
  const auto whole = std::count(grid.cell.begin(), grid.cell.end(), side);
  const Vec3<double> edge = kBox.edge();
  double volume = static_cast<double>(whole) * edge.x * edge.y * edge.z / (12.0 * 10.0 * 8.0);
  const auto& of = grid.tetrahedra[static_cast<std::size_t>(side)];
  for (std::size_t n = 0; 3 * n < of.size(); n += 4) {
    const Vec3<double> a = corner(of, n);
    volume += std::abs(dot(corner(of, n + 1) - a, cross(corner(of, n + 2) - a, corner(of, n + 3) - a))) / 6.0;
  }
  return volume;
}

TEST(CutGrid, PlaneIsExact) {
  // x + 2 y < 1.3, cut by the walls: the area in the box is that of its shadow on x times |grad| / 2.
  const CutGrid grid = cut([](Vec3<double> p) { return p.x + 2.0 * p.y - 1.3; });
  const Vec3<double> area = area_vector_of(grid.triangles);
  EXPECT_NEAR(area.x, 0.5 * 2.0, 1e-12);  // y falls by 1 over the edge of 2 in x; height 1
  EXPECT_NEAR(area.y, 2.0, 1e-12);
  EXPECT_NEAR(area.z, 0.0, 1e-12);
  EXPECT_NEAR(volume_of(grid, 0), 2.0 * (0.65 - 0.5 + 1.0), 1e-12);
  EXPECT_NEAR(volume_of(grid, 0) + volume_of(grid, 1), 4.0, 1e-12);
  EXPECT_EQ(*std::max_element(grid.piece.begin(), grid.piece.end()), 0);
}

TEST(CutGrid, PiecesThatDoNotTouchAreTold) {
  const auto ball = [](Vec3<double> p, Vec3<double> c) { return std::sqrt(dot(p - c, p - c)) - 0.35; };
  const CutGrid grid = cut([&](Vec3<double> p) {
    return std::min({ball(p, {0.5, -0.5, 2.5}), ball(p, {1.5, -0.5, 2.5}), ball(p, {1.0, 0.5, 2.5})});
  });
  EXPECT_EQ(*std::max_element(grid.piece.begin(), grid.piece.end()), 2);
  const Vec3<double> closed = area_vector_of(grid.triangles);
  EXPECT_NEAR(dot(closed, closed), 0.0, 1e-20);
  for (const Side side : {Side::minus, Side::plus}) {
    EXPECT_EQ(grid.wall_triangles[static_cast<std::size_t>(index_of(side))].empty(), side == Side::minus);
  }
}

TEST(CutGrid, AnotherNumberOfValuesIsRefused) {
  const std::vector<double> values(7);
  EXPECT_THROW(cut_grid(kBox, {1, 1, 1}, values), InvalidArgument);
}

}  // namespace
}  // namespace nbm
