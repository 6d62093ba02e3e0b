#pragma once
#include "nbm/problem/grid_interpolation.hpp"

namespace nbm::cuda {

// Node values in float32 over network coordinates [-1, 1]^3, laid out for interpolate_cubic at points in any order: the
// 4 values of a line are one load of 16 bytes, and the 4 lines of a stencil with one i lie side by side. A value is
// there four times, with each node where a line of it may begin.
struct CubicLines {
  using Number = float;
  using Stencil = CubicStencil<float, int>;
  struct alignas(16) Line {
    float values[4];

    NBM_HD float operator[](int node) const { return values[node]; }
  };

  const Line* values = nullptr;  // [shape.x][shape.z - 3][shape.y]: that of (i, k, j) begins with node (i, j, k)
  Vec3<int> shape;               // nodes
  Vec3<float> rate;              // cells for each unit of length; exact

  NBM_HD static index_t size(Vec3<index_t> shape) { return shape.x * (shape.z - 3) * shape.y; }
  NBM_HD GridCell<float, int> cell(int axis, float coordinate) const {
    return cell_of(rate[axis] * coordinate + rate[axis], shape[axis]);
  }
  NBM_HD Line line(const Stencil& x, const Stencil& y, const Stencil& z, int i, int j) const {
    return values[static_cast<index_t>((x.first + i) * (shape.z - 3) + z.first) * shape.y + y.first + j];
  }
};

}  // namespace nbm::cuda
