#pragma once
#include <cmath>

#include "nbm/core/types.hpp"

// Interpolation of node values on a uniform grid at one point, on host and device.
// Outside of the grid the polynomial of the nearest cell goes on.
namespace nbm {

enum class Interpolation : std::uint8_t { linear, cubic, quadratic_eno };

// Cell of a coordinate along one axis, and where in the cell it lies: t in [0, 1] inside of the grid.
template <class T = double, class Index = std::int64_t>
struct GridCell {
  Index index;
  T t;
};

// position: in cells, from the first node.
template <class T, class Index>
NBM_HD GridCell<T, Index> cell_of(T position, Index nodes) {
  const T last = static_cast<T>(nodes - 2);
  // Written so that NaN lands in cell 0, with t = NaN.
  const T bounded = position > T(0) ? (position < last ? position : last) : T(0);
  const auto index = static_cast<Index>(bounded);
  return {index, position - static_cast<T>(index)};
}

NBM_HD GridCell<> grid_cell(double coordinate, double lower, double spacing, std::int64_t nodes) {
  return cell_of((coordinate - lower) / spacing, nodes);
}

// Weights of 4 consecutive nodes from `first`.
template <class T = double, class Index = std::int64_t>
struct CubicStencil {
  Index first;
  T weights[4];
};

// Borrowed node values: node (i, j, k) at lower + (i, j, k) * spacing, value at [(i * shape.y + j) * shape.z + k].
struct GridView {
  using Number = double;

  const double* values = nullptr;
  Vec3<std::int64_t> shape;
  Vec3<double> lower, spacing;

  NBM_HD double at(std::int64_t i, std::int64_t j, std::int64_t k) const {
    return values[(i * shape.y + j) * shape.z + k];
  }
  // What interpolate_cubic asks of a grid: the cell of a coordinate, and the 4 values along z of line (i, j) of a
  // stencil.
  NBM_HD GridCell<> cell(int axis, double coordinate) const {
    return grid_cell(coordinate, lower[axis], spacing[axis], shape[axis]);
  }
  NBM_HD const double* line(const CubicStencil<>& x, const CubicStencil<>& y, const CubicStencil<>& z, int i,
                            int j) const {
    return values + ((x.first + i) * shape.y + y.first + j) * shape.z + z.first;
  }
};

NBM_HD double interpolate_linear(const GridView& g, Vec3<double> p) {
  const GridCell<> cx = grid_cell(p.x, g.lower.x, g.spacing.x, g.shape.x);
  const GridCell<> cy = grid_cell(p.y, g.lower.y, g.spacing.y, g.shape.y);
  const GridCell<> cz = grid_cell(p.z, g.lower.z, g.spacing.z, g.shape.z);
  double plane[2];
  for (int i = 0; i < 2; ++i) {
    double line[2];
    for (int j = 0; j < 2; ++j) {
      const double v0 = g.at(cx.index + i, cy.index + j, cz.index);
      const double v1 = g.at(cx.index + i, cy.index + j, cz.index + 1);
      line[j] = v0 + cz.t * (v1 - v0);
    }
    plane[i] = line[0] + cy.t * (line[1] - line[0]);
  }
  return plane[0] + cx.t * (plane[1] - plane[0]);
}

// From the weights of the nodes around a cell: in the first and last cell the missing node is extrapolated
// quadratically, which makes its slope the one-sided difference of second order. Needs 4 nodes.
template <class T, class Index>
NBM_HD CubicStencil<T, Index> stencil_within(GridCell<T, Index> cell, Index nodes, const T& before, const T& left,
                                             const T& right, const T& after) {
  if (cell.index == 0) return {0, {left + T(3) * before, right - T(3) * before, after + before, T(0)}};
  if (cell.index == nodes - 2) {
    return {nodes - 4, {T(0), before + after, left - T(3) * after, right + T(3) * after}};
  }
  return {cell.index - 1, {before, left, right, after}};
}

// Cubic Hermite with central differences for slopes (Catmull & Rom): C1, exact on quadratics, third order.
template <class T, class Index>
NBM_HD CubicStencil<T, Index> cubic_stencil(GridCell<T, Index> cell, Index nodes) {
  const T t = cell.t, u = T(1) - t;
  const T before = T(-0.5) * t * u * u, after = T(-0.5) * u * t * t;
  const T left = u * (T(1) + t - T(1.5) * t * t), right = t * (T(1) + u - T(1.5) * u * u);
  return stencil_within(cell, nodes, before, left, right, after);
}

// Grid: GridView, or another with its Number, shape, cell and line.
template <class Grid, class T = typename Grid::Number>
NBM_HD T interpolate_cubic(const Grid& g, Vec3<typename Grid::Number> p) {
  const auto sx = cubic_stencil(g.cell(0, p.x), g.shape.x);
  const auto sy = cubic_stencil(g.cell(1, p.y), g.shape.y);
  const auto sz = cubic_stencil(g.cell(2, p.z), g.shape.z);
  T sum(0);
  for (int i = 0; i < 4; ++i) {
    T plane(0);
    for (int j = 0; j < 4; ++j) {
      const auto v = g.line(sx, sy, sz, i, j);
      plane +=
          sy.weights[j] * (sz.weights[0] * v[0] + sz.weights[1] * v[1] + sz.weights[2] * v[2] + sz.weights[3] * v[3]);
    }
    sum += sx.weights[i] * plane;
  }
  return sum;
}

// The derivatives of the weights by t: the slope of the interpolant in units of the spacing.
NBM_HD CubicStencil<> cubic_slope_stencil(GridCell<> cell, std::int64_t nodes) {
  const double t = cell.t, u = 1.0 - t;
  const double before = -0.5 * u * (u - 2.0 * t), after = -0.5 * t * (2.0 * u - t);
  const double left = t * (4.5 * t - 5.0), right = -u * (4.5 * u - 5.0);
  return stencil_within(cell, nodes, before, left, right, after);
}

struct ValueAndGradient {
  double value;
  Vec3<double> gradient;
};

// interpolate_cubic and its gradient; in double precision alone, since differences of neighbouring values lose the more
// digits the finer the grid is.
NBM_HD ValueAndGradient interpolate_cubic_gradient(const GridView& g, Vec3<double> p) {
  const GridCell<> cx = g.cell(0, p.x), cy = g.cell(1, p.y), cz = g.cell(2, p.z);
  const CubicStencil<> sx = cubic_stencil(cx, g.shape.x), dx = cubic_slope_stencil(cx, g.shape.x);
  const CubicStencil<> sy = cubic_stencil(cy, g.shape.y), dy = cubic_slope_stencil(cy, g.shape.y);
  const CubicStencil<> sz = cubic_stencil(cz, g.shape.z), dz = cubic_slope_stencil(cz, g.shape.z);
  ValueAndGradient sum{0.0, {}};
  for (int i = 0; i < 4; ++i) {
    double plane = 0.0, plane_y = 0.0, plane_z = 0.0;
    for (int j = 0; j < 4; ++j) {
      const double* v = g.line(sx, sy, sz, i, j);
      double line = 0.0, line_z = 0.0;
      for (int k = 0; k < 4; ++k) {
        line += sz.weights[k] * v[k];
        line_z += dz.weights[k] * v[k];
      }
      plane += sy.weights[j] * line;
      plane_y += dy.weights[j] * line;
      plane_z += sy.weights[j] * line_z;
    }
    sum.value += sx.weights[i] * plane;
    sum.gradient.x += dx.weights[i] * plane;
    sum.gradient.y += sx.weights[i] * plane_y;
    sum.gradient.z += sx.weights[i] * plane_z;
  }
  sum.gradient = {sum.gradient.x / g.spacing.x, sum.gradient.y / g.spacing.y, sum.gradient.z / g.spacing.z};
  return sum;
}

NBM_HD double minmod(double a, double b) {
  const double smaller = ::fabs(a) < ::fabs(b) ? a : b;
  return a * b > 0.0 ? smaller : 0.0;
}

// The smaller in size of the second differences at the two ends of an edge, 0 where their signs differ; on the grid's
// boundary that of the next node inside. `edge`: the value at its first node, `stride`: to that of the second.
NBM_HD double edge_curvature(const double* edge, std::int64_t stride, std::int64_t index, std::int64_t nodes) {
  const double* left = index == 0 ? edge + stride : edge;
  const double* right = index == nodes - 2 ? edge : edge + stride;
  return minmod(left[-stride] - 2.0 * left[0] + left[stride], right[-stride] - 2.0 * right[0] + right[stride]);
}

// Trilinear, less t (1 - t) / 2 times the curvature along each axis, interpolated linearly between the 4 edges of the
// cell on that axis (so that neighbouring cells agree on their common face, unlike with one minmod a cell as in Min &
// Gibou, J. Comput. Phys. 225, 2007). Third order where smooth, exact on quadratics, no new extrema next to a jump.
// Needs 3 nodes.
NBM_HD double interpolate_quadratic_eno(const GridView& g, Vec3<double> p) {
  const GridCell<> cx = grid_cell(p.x, g.lower.x, g.spacing.x, g.shape.x);
  const GridCell<> cy = grid_cell(p.y, g.lower.y, g.spacing.y, g.shape.y);
  const GridCell<> cz = grid_cell(p.z, g.lower.z, g.spacing.z, g.shape.z);
  const std::int64_t sx = g.shape.y * g.shape.z, sy = g.shape.z, sz = 1;
  const double* corner = g.values + cx.index * sx + cy.index * sy + cz.index * sz;
  const auto mean = [&](GridCell<> along, std::int64_t stride, std::int64_t nodes, GridCell<> b, std::int64_t stride_b,
                        GridCell<> c, std::int64_t stride_c) {
    const auto curvature = [&](std::int64_t ib, std::int64_t ic) {
      return edge_curvature(corner + ib * stride_b + ic * stride_c, stride, along.index, nodes);
    };
    const double near = (1.0 - c.t) * curvature(0, 0) + c.t * curvature(0, 1);
    const double far = (1.0 - c.t) * curvature(1, 0) + c.t * curvature(1, 1);
    return 0.5 * along.t * (1.0 - along.t) * (near + b.t * (far - near));
  };
  return interpolate_linear(g, p) - mean(cx, sx, g.shape.x, cy, sy, cz, sz) - mean(cy, sy, g.shape.y, cx, sx, cz, sz) -
         mean(cz, sz, g.shape.z, cx, sx, cy, sy);
}

NBM_HD double interpolate(const GridView& g, Interpolation method, Vec3<double> p) {
  if (method == Interpolation::linear) return interpolate_linear(g, p);
  return method == Interpolation::cubic ? interpolate_cubic(g, p) : interpolate_quadratic_eno(g, p);
}

}  // namespace nbm
