#include "nbm/solution/sided_grid.hpp"

#include <utility>

#include "solution/grid_kernels.hpp"

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
    const index_t first = cut.begin(task), count = cut.end(task) - first;
    grid_kernels().add(grid, points.slice(first, count), values.data() + first);
  });
}

void SidedGrid::add_gradient(Side side, PointsView points, std::span<double> values,
                             const std::array<std::span<double>, kDim>& gradient, ThreadPool& pool) const {
  const GridView grid = view(side);
  const auto cut = TaskPartition::of(points.size, kGrain, 256);
  pool.run(cut.tasks, [&](index_t task) {
    const index_t first = cut.begin(task), count = cut.end(task) - first;
    double* const slope[kDim] = {gradient[0].data() + first, gradient[1].data() + first, gradient[2].data() + first};
    grid_kernels().add_gradient(grid, points.slice(first, count), values.data() + first, slope);
  });
}

}  // namespace nbm
