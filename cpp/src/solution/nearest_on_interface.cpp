#include "solution/nearest_on_interface.hpp"

#include <algorithm>
#include <vector>

#include "nbm/sampling/interface_point.hpp"

namespace nbm {
namespace {

struct Local {
  std::vector<double> phi;
  std::vector<Vec3<double>> gradient;
};

// The level set and its gradient, by central differences over `step`.
Local look_at(const Field& level_set, PointsView points, double step) {
  const index_t n = points.size;
  Points all(n * (1 + 2 * kDim));
  for (index_t i = 0; i < n; ++i) {
    all.set(i, points[i]);
    for (int axis = 0; axis < kDim; ++axis) {
      for (const int end : {0, 1}) {
        Vec3<double> x = points[i];
        x[axis] += end == 0 ? -step : step;
        all.set(n * (1 + 2 * axis + end) + i, x);
      }
    }
  }
  std::vector<double> phi(all.x.size());
  evaluate_finite(level_set, "level_set", all.view(), phi);
  Local local{{phi.begin(), phi.begin() + n}, std::vector<Vec3<double>>(static_cast<std::size_t>(n))};
  for (int axis = 0; axis < kDim; ++axis) {
    for (index_t i = 0; i < n; ++i) {
      const auto below = static_cast<std::size_t>(n * (1 + 2 * axis) + i), above = below + static_cast<std::size_t>(n);
      local.gradient[static_cast<std::size_t>(i)][axis] = central_slope(
          phi[above], phi[below], all[static_cast<index_t>(above)][axis], all[static_cast<index_t>(below)][axis]);
    }
  }
  return local;
}

}  // namespace

OnInterface nearest_on_interface(const Problem& problem, PointsView points) {
  const Vec3<double> edge = problem.box.edge();
  const double longest = std::max({edge.x, edge.y, edge.z});
  const InterfaceSearch search{problem.box, longest, longest / 32.0};
  OnInterface on{Points(points.size), Points(points.size)};
  std::vector<index_t> moving;
  for (index_t i = 0; i < points.size; ++i) {
    on.points.set(i, points[i]);
    moving.push_back(i);
  }
  for (int step = 0; step < kNewtonSteps && !moving.empty(); ++step) {
    Points at;
    for (const index_t i : moving) at.push_back(on.points[i]);
    const Local local = look_at(problem.level_set, at.view(), search.difference_step());
    std::vector<index_t> still;
    for (std::size_t m = 0; m < moving.size(); ++m) {
      Vec3<double> place = at[static_cast<index_t>(m)], normal{};
      const Travel travel = newton_step(search, local.phi[m], local.gradient[m], place, normal);
      on.normals.set(moving[m], normal);
      on.points.set(moving[m], travel == Travel::lost ? points[moving[m]] : place);
      if (travel == Travel::moving) still.push_back(moving[m]);
    }
    moving = std::move(still);
  }
  return on;
}

Points moved_to_side(const Problem& problem, Side side, PointsView points) {
  std::vector<double> phi(static_cast<std::size_t>(points.size));
  evaluate_finite(problem.level_set, "level_set", points, phi);
  Points own(points.size), beyond;
  std::vector<index_t> numbers;
  for (index_t i = 0; i < points.size; ++i) {
    own.set(i, points[i]);
    if ((phi[static_cast<std::size_t>(i)] < 0.0 ? Side::minus : Side::plus) == side) continue;
    beyond.push_back(points[i]);
    numbers.push_back(i);
  }
  if (numbers.empty()) return own;
  const OnInterface on = nearest_on_interface(problem, beyond.view());
  for (std::size_t m = 0; m < numbers.size(); ++m) own.set(numbers[m], on.points[static_cast<index_t>(m)]);
  return own;
}

}  // namespace nbm
