#include "solution/extrema.hpp"

#include <algorithm>
#include <limits>

#include "solution/onto_surface.hpp"

namespace nbm {
namespace {

constexpr int kMostSteps = 100;
constexpr double kSmallestStep = 1e-7;  // of a cell

void append(Points& to, const Points& more) {
  for (index_t i = 0; i < more.size(); ++i) to.push_back(more[i]);
}

bool is_on(Side side, double level_set) { return (level_set < 0.0) == (side == Side::minus); }

// The best of points, by one look.
std::optional<Summit> best_of(const Looks& looks, Looks::By by, const Points& points, Side side, double sign,
                              ThreadPool& pool) {
  const Look look = looks.look(by, points.view(), side, false, pool);
  std::optional<Summit> best;
  for (std::size_t i = 0; i < look.u.size(); ++i) {
    if (best && sign * look.u[i] <= sign * best->u) continue;
    best = {look.u[i], points[static_cast<index_t>(i)]};
  }
  return best;
}

// The neighbours of a place at `step`, in the box and on the side or its interface.
Points neighbours(const Quadrature& quadrature, Side side, Vec3<double> at, Vec3<double> step, ThreadPool& pool) {
  const Box& box = quadrature.box();
  Points around;
  for (int n = 0; n < 27; ++n) {
    const Vec3<double> o{n / 9 - 1.0, n / 3 % 3 - 1.0, n % 3 - 1.0};
    Vec3<double> p;
    for (int k = 0; k < kDim; ++k) p[k] = std::clamp(at[k] + o[k] * step[k], box.lower[k], box.upper[k]);
    around.push_back(p);
  }
  const LevelSetValues level_set(quadrature.level_set(), "level_set", pool);
  const std::vector<double> phi = level_set(around);
  Points own, beyond;
  for (std::size_t i = 0; i < phi.size(); ++i) {
    (is_on(side, phi[i]) ? own : beyond).push_back(around[static_cast<index_t>(i)]);
  }
  if (beyond.size() == 0) return own;
  const OntoSurface moved = move_onto_surface(level_set, beyond, box, 2.0 * std::max({step.x, step.y, step.z}));
  for (index_t i = 0; i < beyond.size(); ++i) {
    if (moved.met[static_cast<std::size_t>(i)] != 0) own.push_back(moved.points[i]);
  }
  return own;
}

}  // namespace

std::optional<Summit> highest(const Looks& looks, const Quadrature& quadrature, Side side, double sign,
                              ThreadPool& pool) {
  Points points = quadrature.volume(side).points;
  if (points.size() == 0) return {};
  std::array<bool, kBoxFaces> all;
  all.fill(true);
  append(points, quadrature.walls(all, side).points);
  append(points, quadrature.interface({}).points);
  const Box& box = quadrature.box();
  Points corners;
  for (int c = 0; c < 8; ++c) {
    corners.push_back({(c & 4) != 0 ? box.upper.x : box.lower.x, (c & 2) != 0 ? box.upper.y : box.lower.y,
                       (c & 1) != 0 ? box.upper.z : box.lower.z});
  }
  const std::vector<double> phi = LevelSetValues(quadrature.level_set(), "level_set", pool)(corners);
  for (index_t c = 0; c < corners.size(); ++c) {
    if (is_on(side, phi[static_cast<std::size_t>(c)])) points.push_back(corners[c]);
  }
  return best_of(looks, Looks::By::solution, points, side, sign, pool);
}

Summit climb(const Looks& looks, Looks::By by, const Quadrature& quadrature, Side side, Vec3<double> start, double sign,
             ThreadPool& pool) {
  Points first;
  first.push_back(start);
  Summit best = *best_of(looks, by, first, side, sign, pool);
  Vec3<double> step = 0.5 * quadrature.spacing();
  const Vec3<double> cell = quadrature.spacing();
  const double smallest = kSmallestStep * std::max({cell.x, cell.y, cell.z});
  for (int i = 0; i < kMostSteps && std::max({step.x, step.y, step.z}) >= smallest; ++i) {
    const std::optional<Summit> next =
        best_of(looks, by, neighbours(quadrature, side, best.place, step, pool), side, sign, pool);
    if (next && sign * next->u > sign * best.u) {
      best = *next;
    } else {
      step = 0.5 * step;
    }
  }
  return best;
}

}  // namespace nbm
