#pragma once
#include <vector>

#include "nbm/rows/stencil.hpp"

namespace nbm {

// A lattice of values, last index fastest, borrowed.
struct LatticeView {
  Vec3<index_t> shape;
  const double* values = nullptr;

  index_t index(Vec3<index_t> n) const { return (n.x * shape.y + n.y) * shape.z + n.z; }
  Vec3<index_t> position(index_t n) const { return {n / (shape.y * shape.z), n / shape.z % shape.y, n % shape.z}; }
  bool inside(Vec3<index_t> n) const {
    return n.x >= 0 && n.y >= 0 && n.z >= 0 && n.x < shape.x && n.y < shape.y && n.z < shape.z;
  }
  double operator[](Vec3<index_t> n) const { return values[index(n)]; }

  // The value at n; outside of the lattice that of the parabola through the three nearest values on the axis.
  double extended(Vec3<index_t> n) const {
    for (int axis = 0; axis < kDim; ++axis) {
      const index_t last = shape[axis] - 1;
      if (n[axis] >= 0 && n[axis] <= last) continue;
      const bool below = n[axis] < 0;
      const auto t = static_cast<double>(below ? n[axis] : last - n[axis]);  // negative: steps outside
      Vec3<index_t> wall = n, next = n, second = n;
      wall[axis] = below ? 0 : last;
      next[axis] = below ? 1 : last - 1;
      second[axis] = below ? 2 : last - 2;
      return 0.5 * (1.0 - t) * (2.0 - t) * extended(wall) + t * (2.0 - t) * extended(next) -
             0.5 * t * (1.0 - t) * extended(second);
    }
    return values[index(n)];
  }

  // The neighbours of n that are in the lattice, as bits (kNeighbors).
  std::uint32_t present_neighbors(Vec3<index_t> n) const {
    std::uint32_t mask = 0;
    for (int m = 0; m < kNeighbors; ++m) {
      const bool there = inside(n + Vec3<index_t>{m / 9 - 1, m / 3 % 3 - 1, m % 3 - 1});
      mask |= static_cast<std::uint32_t>(there) << m;
    }
    return mask;
  }
};

}  // namespace nbm
