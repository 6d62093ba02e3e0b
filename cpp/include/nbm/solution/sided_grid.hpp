#pragma once
#include <array>
#include <span>
#include <vector>

#include "nbm/core/thread_pool.hpp"
#include "nbm/problem/box.hpp"
#include "nbm/problem/grid_field.hpp"

namespace nbm {

// A function with a jump across the interface, as two smooth ones: for each side values at the nodes of one grid over
// the box, interpolated by cubics (C1, third order). Values of a side beyond the interface continue it smoothly, so
// that interpolation next to the interface never reaches across. Immutable; copies share the values.
class NBM_EXPORT SidedGrid {
 public:
  // values: [shape.x][shape.y][shape.z] a side, z fastest; first and last nodes lie on the box. Throws InvalidArgument
  // unless all sizes agree, every value is finite and each axis has at least 4 nodes.
  SidedGrid(Box box, Vec3<index_t> shape, std::array<std::vector<double>, kSides> values);

  const Box& box() const { return sides_[0].box(); }
  Vec3<index_t> shape() const { return sides_[0].shape(); }
  std::span<const double> values(Side side) const { return sides_[at(side)].values(); }
  // For points in network coordinates (docs/method.md, section 2), on host and device (grid_interpolation.hpp).
  GridView view(Side side) const;

  // Adds one side's function, and its gradient by network coordinates, at points in network coordinates.
  void add(Side side, PointsView points, std::span<double> values, ThreadPool& pool) const;
  void add_gradient(Side side, PointsView points, std::span<double> values,
                    const std::array<std::span<double>, kDim>& gradient, ThreadPool& pool) const;

 private:
  static std::size_t at(Side side) { return static_cast<std::size_t>(index_of(side)); }

  std::array<GridField, kSides> sides_;
};

}  // namespace nbm
