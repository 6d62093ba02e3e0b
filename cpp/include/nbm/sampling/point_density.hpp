#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "nbm/core/thread_pool.hpp"
#include "nbm/problem/problem.hpp"
#include "nbm/sampling/interface_point.hpp"
#include "nbm/sampling/pieces.hpp"

// How densely regular points lie: a number for each cell of the search grid, and the map that brings low-discrepancy
// points to that density (docs/method.md, section 10).
namespace nbm {

// How points depart from an even density over the volume. Shares of all points, each from 0 to 1.
struct NBM_EXPORT PointShares {
  // Divided by sides and pieces instead of by volume: equally between the sides, and on each side between its pieces
  // by the root of their volume.
  double pieces = 0.0;
  // Where f or mu vary, or f is large, far above their means; nothing where they do so nowhere.
  double sources = 0.0;

  // Throws InvalidArgument unless each is in [0, 1] and their sum is at most 1.
  void validate() const;
};

// Borrowed tables; no cells: the density is even. Shares of the mass are cumulative along the last index.
struct DensityView {
  std::int64_t cells[kDim] = {0, 0, 0};
  const double* x = nullptr;  // [cells x]
  const double* y = nullptr;  // [cells x][cells y]
  const double* z = nullptr;  // [cells x][cells y][cells z]

  NBM_HD bool even() const { return cells[0] == 0; }
};

// Where the share u of the mass of n bins is reached, as a fraction of them all; `bin` is that where it is.
NBM_HD double reach_share(const double* cumulative, std::int64_t n, double u, std::int64_t& bin) {
  bin = first_above(cumulative, n, u);
  const double before = bin > 0 ? cumulative[bin - 1] : 0.0, inside = cumulative[bin] - before;
  const double t = inside > 0.0 ? (u - before) / inside : 0.5;
  return (static_cast<double>(bin) + (t < 1.0 ? t : 1.0)) / static_cast<double>(n);
}

// The point of the unit cube at which the shares u are reached, axis by axis (Rosenblatt's transformation, monotone in
// each): of uniform u it has the density, and of low discrepancy it stays.
NBM_HD Vec3<double> at_density(const DensityView& density, Vec3<double> u) {
  std::int64_t i, j, k;
  Vec3<double> p;
  p.x = reach_share(density.x, density.cells[0], u.x, i);
  p.y = reach_share(density.y + i * density.cells[1], density.cells[1], u.y, j);
  p.z = reach_share(density.z + (i * density.cells[1] + j) * density.cells[2], density.cells[2], u.z, k);
  return p;
}

// One coordinate of the centre of a cell, from the fraction of the edge of the box at which it would lie; mirrored
// where the cell would stick out.
NBM_HD double center_inside(double lower, double edge, double h, double fraction) {
  const double at = fraction * edge, half = 0.5 * h;
  const double mirrored = at < half ? 2.0 * half - at : (at > edge - half ? 2.0 * (edge - half) - at : at);
  return lower + mirrored;
}

NBM_HD Vec3<double> dense_center(const Box& box, Vec3<double> edge, Vec3<double> h, Vec3<double> fraction) {
  Vec3<double> p;
  for (int axis = 0; axis < kDim; ++axis) {
    p[axis] = center_inside(box.lower[axis], edge[axis], h[axis], fraction[axis]);
  }
  return p;
}

class NBM_EXPORT PointDensity {
 public:
  PointDensity() = default;  // even
  // Evaluates f and mu at the centres of the cells. Throws InvalidField where they are not finite.
  PointDensity(const Problem& problem, const PieceMap& pieces, PointShares shares, ThreadPool& pool);

  bool even() const { return x_.empty(); }
  DensityView view() const;
  std::span<const double> table(int axis) const { return axis == 0 ? x_ : axis == 1 ? y_ : z_; }

 private:
  std::array<std::int64_t, kDim> cells_{};
  std::vector<double> x_, y_, z_;
};

}  // namespace nbm
