#include "solution/onto_surface.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "nbm/problem/problem.hpp"

namespace nbm {
namespace {

constexpr index_t kGrain = 4096;
constexpr double kStep = 0.05;  // of differences, of the reach
constexpr int kNewtonSteps = 5;
constexpr double kOnWall = 1e-9;  // of the edge

Points shifted(const Points& points, const Points& ways, const std::vector<double>& by) {
  Points out(points.size());
  for (index_t i = 0; i < points.size(); ++i) out.set(i, points[i] + by[static_cast<std::size_t>(i)] * ways[i]);
  return out;
}

Vec3<double> unit(Vec3<double> v) {
  const double length = std::sqrt(dot(v, v));
  return length > 0.0 ? (1.0 / length) * v : v;
}

// Directions of the gradient by central differences, along the walls for points on walls.
Points directions(const LevelSetValues& level_set, const Points& points, const Box& box, double step) {
  const index_t n = points.size();
  Points around(2 * kDim * n);
  for (int axis = 0; axis < kDim; ++axis) {
    Vec3<double> e;
    e[axis] = step;
    for (index_t i = 0; i < n; ++i) {
      around.set((2 * axis) * n + i, points[i] + e);
      around.set((2 * axis + 1) * n + i, points[i] - e);
    }
  }
  const std::vector<double> values = level_set(around);
  const Vec3<double> edge = box.edge();
  Points ways(n);
  for (index_t i = 0; i < n; ++i) {
    Vec3<double> gradient;
    for (int axis = 0; axis < kDim; ++axis) {
      gradient[axis] = values[static_cast<std::size_t>((2 * axis) * n + i)] -
                       values[static_cast<std::size_t>((2 * axis + 1) * n + i)];
    }
    Vec3<double> way = unit(gradient);
    const Vec3<double> p = points[i];
    for (int axis = 0; axis < kDim; ++axis) {
      const double inside = std::min(p[axis] - box.lower[axis], box.upper[axis] - p[axis]);
      if (inside < kOnWall * edge[axis]) way[axis] = 0.0;
    }
    ways.set(i, unit(way));
  }
  return ways;
}

}  // namespace

std::vector<double> LevelSetValues::operator()(const Points& points) const {
  std::vector<double> values(points.x.size());
  const auto cut = TaskPartition::of(points.size(), kGrain);
  pool_.run(cut.tasks, [&](index_t t) {
    const index_t first = cut.begin(t), count = cut.end(t) - first;
    evaluate_finite(field_, name_, points.view().slice(first, count),
                    std::span(values).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
  });
  return values;
}

OntoSurface move_onto_surface(const LevelSetValues& level_set, const Points& points, const Box& box, double reach) {
  const std::size_t n = points.x.size();
  const double step = kStep * reach;
  OntoSurface out{points, std::vector<std::uint8_t>(n), directions(level_set, points, box, step)};
  const std::vector<double> ahead = level_set(shifted(points, out.ways, std::vector<double>(n, step)));
  const std::vector<double> behind = level_set(shifted(points, out.ways, std::vector<double>(n, -step)));
  const std::vector<double> first = level_set(points);
  std::vector<double> value = first, slope(n), distance(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) slope[i] = (ahead[i] - behind[i]) / (2.0 * step);
  for (int round = 0; round < kNewtonSteps; ++round) {
    for (std::size_t i = 0; i < n; ++i) {
      if (slope[i] > 0.0) distance[i] = std::clamp(distance[i] - value[i] / slope[i], -reach, reach);
    }
    value = level_set(shifted(points, out.ways, distance));
  }
  for (std::size_t i = 0; i < n; ++i) {
    out.met[i] = std::abs(value[i]) <= 1e-3 * std::abs(first[i]) + 1e-9 * reach * slope[i];
    if (out.met[i] == 0) continue;
    const auto at = static_cast<index_t>(i);
    Vec3<double> p = points[at] + distance[i] * out.ways[at];
    for (int axis = 0; axis < kDim; ++axis) p[axis] = std::clamp(p[axis], box.lower[axis], box.upper[axis]);
    out.points.set(at, p);
  }
  return out;
}

}  // namespace nbm
