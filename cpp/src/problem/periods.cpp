#include "problem/periods.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "nbm/core/error.hpp"
#include "problem/probes.hpp"

namespace nbm {
namespace {

constexpr double kSame = 1e-6;  // of values that are the same but for rounding

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

std::vector<double> values_at(const Field& field, const char* name, const Points& points) {
  std::vector<double> values(points.x.size());
  evaluate_finite(field, name, points.view(), values);
  return values;
}

double largest(const std::vector<double>& values) {
  double most = 0.0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

void require_same(int axis, const char* name, Vec3<double> place, double lower, double upper, double size) {
  if (std::abs(upper - lower) <= kSame * size) return;
  std::ostringstream text;
  text.precision(6);
  text << "is periodic, but " << name << " is " << lower << " on its lower wall, at (" << place.x << ", " << place.y
       << ", " << place.z << "), and " << upper << " on the opposite one: both must be the same";
  throw InvalidArgument(std::string("walls.") + "xyz"[axis], text.str());
}

// Only the sign of the level set matters; near 0 it may differ by rounding.
void check_sides(const Problem& problem, int axis, const Points& lower) {
  const std::vector<double> phi = values_at(problem.level_set, "level_set", lower);
  const std::vector<double> opposite =
      values_at(problem.level_set, "level_set", moved_to_wall(problem.box, 2 * axis + 1, lower.view()));
  const double size = largest(phi);
  for (std::size_t i = 0; i < phi.size(); ++i) {
    if ((phi[i] < 0.0) == (opposite[i] < 0.0)) continue;
    require_same(axis, "level_set", lower[static_cast<index_t>(i)], phi[i], opposite[i], size);
  }
}

void check_mu(const Problem& problem, int axis, Side side, const Points& lower) {
  const std::vector<double> phi = values_at(problem.level_set, "level_set", lower);
  Points own;
  for (index_t i = 0; i < lower.size(); ++i) {
    if ((phi[at(i)] < 0.0) == (side == Side::minus)) own.push_back(lower[i]);
  }
  const char* name = names_of(side).mu;
  const std::vector<double> mu = values_at(problem.medium(side).mu, name, own);
  const std::vector<double> opposite =
      values_at(problem.medium(side).mu, name, moved_to_wall(problem.box, 2 * axis + 1, own.view()));
  for (std::size_t i = 0; i < mu.size(); ++i) {
    require_same(axis, name, own[static_cast<index_t>(i)], mu[i], opposite[i], std::abs(mu[i]));
  }
}

// Where another wall gives u, at the edges of both walls: u given there must go over too, with the jump. Compared with
// the largest u that is given anywhere: it may be 0 at all edges, but for rounding.
void check_edges(const Problem& problem, int axis, const Points& lower, const Points& faces) {
  for (int face = 0; face < kBoxFaces; ++face) {
    if (!problem.walls[at(face)].gives_u) continue;
    const Points edge = moved_to_wall(problem.box, face, lower.view());
    const Points opposite = moved_to_wall(problem.box, 2 * axis + 1, edge.view());
    const std::vector<double> phi = values_at(problem.level_set, "level_set", edge);
    const std::vector<double> jump = values_at(problem.periods[at(axis)].jump_u, "walls.jump", edge);
    for (const Side side : {Side::minus, Side::plus}) {
      const Field& given = problem.medium(side).boundary;
      const char* name = names_of(side).boundary;
      const std::vector<double> here = values_at(given, name, edge), there = values_at(given, name, opposite);
      const double size = std::max(largest(jump), largest(values_at(given, name, faces)));
      for (std::size_t i = 0; i < phi.size(); ++i) {
        if ((phi[i] < 0.0) != (side == Side::minus)) continue;
        require_same(axis, "u less its jump", edge[static_cast<index_t>(i)], here[i], there[i] - jump[i], size);
      }
    }
  }
}

bool is_zero(const Field& field) { return field.constant() != nullptr && *field.constant() == 0.0; }

// A period has no law on its walls but a source, on the upper one.
void check_laws(const Problem& problem, int axis) {
  const Wall &lower = problem.walls[at(2 * axis)], &upper = problem.walls[at(2 * axis + 1)];
  bool own = lower.gives_u || upper.gives_u;
  for (std::size_t s = 0; s < kSides; ++s) {
    own = own || !is_zero(lower.law[s].flux) || !is_zero(lower.law[s].transfer) || !is_zero(upper.law[s].transfer);
  }
  if (!own) return;
  throw InvalidArgument(std::string("walls.") + "xyz"[axis],
                        "is periodic, but one of its two walls has a condition too");
}

bool lies_inside(const Box& box, const std::array<bool, kDim>& periodic, PointsView points) {
  for (index_t i = 0; i < points.size; ++i) {
    if (!(folded(box, periodic, points[i]) == points[i])) return false;
  }
  return true;
}

void continue_periodically(const Box& box, const std::array<bool, kDim>& periodic, Field& field) {
  if (field.constant() != nullptr) return;
  field = Field([=](PointsView points, std::span<double> values) {
    if (lies_inside(box, periodic, points)) return field.evaluate(points, values);
    Points moved(points.size);
    for (index_t i = 0; i < points.size; ++i) moved.set(i, folded(box, periodic, points[i]));
    field.evaluate(moved.view(), values);
  });
}

}  // namespace

Points moved_to_wall(const Box& box, int face, PointsView points) {
  const int axis = face / 2;
  Points moved(points.size);
  for (index_t i = 0; i < points.size; ++i) {
    Vec3<double> p = points[i];
    p[axis] = face % 2 == 0 ? box.lower[axis] : box.upper[axis];
    moved.set(i, p);
  }
  return moved;
}

void check_periods(const Problem& problem, const Points& faces) {
  for (int axis = 0; axis < kDim; ++axis) {
    if (!problem.periods[at(axis)].periodic) continue;
    const Points lower = on_wall(problem.box, 2 * axis, faces);
    values_at(problem.periods[at(axis)].jump_u, "walls.jump", lower);
    check_laws(problem, axis);
    check_sides(problem, axis, lower);
    check_edges(problem, axis, lower, faces);
    for (const Side side : {Side::minus, Side::plus}) check_mu(problem, axis, side, lower);
  }
}

Vec3<double> folded(const Box& box, const std::array<bool, kDim>& periodic, Vec3<double> p) {
  for (int axis = 0; axis < kDim; ++axis) {
    if (!periodic[at(axis)]) continue;
    const double edge = box.edge()[axis];
    if (p[axis] < box.lower[axis]) p[axis] += edge;
    if (p[axis] > box.upper[axis]) p[axis] -= edge;
  }
  return p;
}

Problem continued_periodically(const Problem& problem) {
  if (!problem.is_periodic()) return problem;
  Problem out = problem;
  const std::array<bool, kDim> axes = problem.periodic_axes();
  const auto go_on = [&](Field& field) { continue_periodically(problem.box, axes, field); };
  for (Field* field : {&out.level_set, &out.jump_u, &out.jump_flux, &out.resistance, &out.surface_reaction}) {
    go_on(*field);
  }
  for (Medium* medium : {&out.minus, &out.plus}) {
    for (Field* field : {&medium->k, &medium->mu, &medium->f, &medium->boundary}) go_on(*field);
  }
  return out;
}

Vec3<double> jump_ramp(const Problem& problem) {
  Vec3<double> slope{};
  for (int axis = 0; axis < kDim; ++axis) {
    const Period& period = problem.periods[at(axis)];
    if (!period.periodic) continue;
    const double* const jump = period.jump_u.constant();
    const Wall& upper = problem.walls[at(2 * axis + 1)];
    if (jump == nullptr || !is_zero(upper.law[0].flux) || !is_zero(upper.law[1].flux)) {
      throw InvalidArgument(std::string("walls.") + "xyz"[axis],
                            std::string(jump == nullptr ? "its jump varies over the wall" : "has a source") +
                                ", which trained networks do not meet; leave the options of training out, or solve on "
                                "a grid");
    }
    slope[axis] = 0.5 * *jump;
  }
  return slope;
}

}  // namespace nbm
