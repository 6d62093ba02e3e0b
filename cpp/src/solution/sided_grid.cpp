#include "nbm/solution/sided_grid.hpp"

#include <utility>

namespace nbm {
namespace {

constexpr index_t kGrain = 2048;  // points in a task

}  // namespace

SidedGrid::SidedGrid(Box box, Vec3<index_t> shape, std::array<std::vector<double>, kSides> values)
    : sides_{GridField(box, shape, std::move(values[0])), GridField(box, shape, std::move(values[1]))} {}

GridView SidedGrid::view(Side side) const {
  const Vec3<index_t> n = shape();
  const auto spacing = [](index_t nodes) { return 2.0 / static_cast<double>(nodes - 1); };
  return {values(side).data(), n, {-1.0, -1.0, -1.0}, {spacing(n.x), spacing(n.y), spacing(n.z)}};
}

void SidedGrid::add(Side side, PointsView points, std::span<double> values, ThreadPool& pool) const {
  const GridView grid = view(side);
  const auto cut = TaskPartition::of(points.size, kGrain, 256);
  pool.run(cut.tasks, [&](index_t task) {
    for (index_t i = cut.begin(task); i < cut.end(task); ++i) {
      values[static_cast<std::size_t>(i)] += interpolate_cubic(grid, points[i]);
    }
  });
}

void SidedGrid::add_gradient(Side side, PointsView points, std::span<double> values,
                             const std::array<std::span<double>, kDim>& gradient, ThreadPool& pool) const {
  const GridView grid = view(side);
  const auto cut = TaskPartition::of(points.size, kGrain, 256);
  pool.run(cut.tasks, [&](index_t task) {
    for (index_t i = cut.begin(task); i < cut.end(task); ++i) {
      const auto n = static_cast<std::size_t>(i);
      const ValueAndGradient here = interpolate_cubic_gradient(grid, points[i]);
      values[n] += here.value;
      gradient[0][n] += here.gradient.x;
      gradient[1][n] += here.gradient.y;
      gradient[2][n] += here.gradient.z;
    }
  });
}

}  // namespace nbm
