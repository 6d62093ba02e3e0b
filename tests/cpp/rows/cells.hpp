#pragma once
#include <algorithm>
#include <cmath>
#include <random>

#include "nbm/rows/irregular_row.hpp"

// Cells of hand-made level sets for the tests of the rows' headers.
namespace nbm::test {

constexpr double kEps = 2.220446049250313e-16;

struct CellLevelSet {
  double phi[kCubeNodes];
  double corner[kCellCorners];
};

// The level set `phi(point)` on the nodes and corners of the cell at x.
template <class F>
CellLevelSet level_set_of(F phi, Vec3<double> x, Vec3<double> h) {
  CellLevelSet out;
  for (int i = -kCubeReach; i <= kCubeReach; ++i) {
    for (int j = -kCubeReach; j <= kCubeReach; ++j) {
      for (int k = -kCubeReach; k <= kCubeReach; ++k) {
        out.phi[cube_index(i, j, k)] = phi(node_position(x, h, {i, j, k}));
      }
    }
  }
  for (int c = 0; c < kCellCorners; ++c) {
    out.corner[c] = corner_level_set(phi(classify_position(x, h, c)), std::min({h.x, h.y, h.z}));
  }
  return out;
}

template <class F>
CutCell cut_cell_of(F phi, Vec3<double> x, Vec3<double> h) {
  CutCell cell;
  cut_cell(level_set_of(phi, x, h).corner, h, cell);
  return cell;
}

inline double norm(Vec3<double> v) { return std::sqrt(dot(v, v)); }

// Random planes and points, the same in every run.
class Random {
 public:
  double uniform(double low, double high) { return std::uniform_real_distribution<double>(low, high)(engine_); }
  Vec3<double> vector(double low, double high) { return {uniform(low, high), uniform(low, high), uniform(low, high)}; }
  Vec3<double> direction() {
    while (true) {
      const Vec3<double> v = vector(-1.0, 1.0);
      const double length = norm(v);
      if (length > 0.1 && length < 1.0) return (1.0 / length) * v;
    }
  }

 private:
  std::mt19937_64 engine_{12345};
};

}  // namespace nbm::test
