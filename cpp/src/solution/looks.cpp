#include "solution/looks.hpp"

#include <algorithm>
#include <cmath>

#include "nbm/solution/correction.hpp"
#include "nbm/solution/error_estimate.hpp"

namespace nbm {
namespace {

constexpr index_t kCells = 64;                           // of the finer grid, unless the solution has one of its own
constexpr index_t kFewestLongest = 48, kFewestAny = 16;  // nodes that its own must exceed to be the finer one
constexpr double kTolerance = 1e-8;

Solution alone(const Solution& solution) {
  return Solution(solution.box(), solution.level_set(), *solution.correction());
}

Look evaluate(const Solution& solution, PointsView points, std::optional<Side> side, bool gradient, ThreadPool& pool) {
  Look look;
  look.u.resize(static_cast<std::size_t>(points.size));
  if (!gradient) {
    side ? solution.evaluate_side(*side, points, look.u, pool) : solution.evaluate(points, look.u, pool);
    return look;
  }
  for (auto& component : look.gradient) component.resize(look.u.size());
  const Solution::Gradient to = {look.gradient[0], look.gradient[1], look.gradient[2]};
  side ? solution.evaluate_gradient_side(*side, points, look.u, to, pool)
       : solution.evaluate_gradient(points, look.u, to, pool);
  return look;
}

void add(std::vector<double>& to, const std::vector<double>& more) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += more[i];
}

}  // namespace

Looks::Looks(const Problem& problem, const Solution& solution, ThreadPool& pool) : base_(solution.uncorrected()) {
  Vec3<index_t> cells = grid_cells(problem.box, kCells);
  bool reused = false;
  if (const SidedGrid* own = solution.correction()) {
    added_[0] = alone(solution);
    const Vec3<index_t> nodes = own->shape();
    if (std::max({nodes.x, nodes.y, nodes.z}) > kFewestLongest && std::min({nodes.x, nodes.y, nodes.z}) > kFewestAny) {
      cells = {nodes.x - 1, nodes.y - 1, nodes.z - 1};
      reused = true;
    } else {
      reused = nodes == Vec3<index_t>{cells.x + 1, cells.y + 1, cells.z + 1};
    }
  }
  const auto missing = [&](Vec3<index_t> n) {
    return alone(correct(problem, base_, n, {.tolerance = kTolerance}, pool));
  };
  const Vec3<index_t> half = {cells.x / 2, cells.y / 2, cells.z / 2};
  added_[1] = reused ? *added_[0] : missing(cells);
  added_[2] = missing(half);
  double volume = 1.0;
  for (int axis = 0; axis < kDim; ++axis) volume *= problem.box.edge()[axis] / static_cast<double>(half[axis]);
  coarse_cell_ = std::cbrt(volume);
}

Look Looks::look(By by, PointsView points, std::optional<Side> side, bool gradient, ThreadPool& pool) const {
  return added_to(evaluate(base_, points, side, gradient, pool), by, points, side, gradient, pool);
}

std::array<Look, 3> Looks::all(PointsView points, std::optional<Side> side, bool gradient, ThreadPool& pool) const {
  const Look base = evaluate(base_, points, side, gradient, pool);
  const auto by = [&](By which) { return added_to(base, which, points, side, gradient, pool); };
  return {by(By::solution), by(By::grid), by(By::coarse_grid)};
}

Look Looks::added_to(Look base, By by, PointsView points, std::optional<Side> side, bool gradient,
                     ThreadPool& pool) const {
  const std::optional<Solution>& added = added_[static_cast<std::size_t>(by)];
  if (!added) return base;
  const Look more = evaluate(*added, points, side, gradient, pool);
  add(base.u, more.u);
  for (std::size_t axis = 0; axis < kDim; ++axis) add(base.gradient[axis], more.gradient[axis]);
  return base;
}

}  // namespace nbm
