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
      values_at(problem.level_set, "level_set", on_upper_wall(problem.box, axis, lower.view()));
  double size = 0.0;
  for (const double value : phi) size = std::max(size, std::abs(value));
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
      values_at(problem.medium(side).mu, name, on_upper_wall(problem.box, axis, own.view()));
  for (std::size_t i = 0; i < mu.size(); ++i) {
    require_same(axis, name, own[static_cast<index_t>(i)], mu[i], opposite[i], std::abs(mu[i]));
  }
}

}  // namespace

Points on_upper_wall(const Box& box, int axis, PointsView lower) {
  Points upper(lower.size);
  for (index_t i = 0; i < lower.size; ++i) {
    Vec3<double> p = lower[i];
    p[axis] = box.upper[axis];
    upper.set(i, p);
  }
  return upper;
}

void check_periods(const Problem& problem, const Points& faces) {
  for (int axis = 0; axis < kDim; ++axis) {
    if (!problem.periods[at(axis)].periodic) continue;
    const Points lower = on_wall(problem.box, 2 * axis, faces);
    values_at(problem.periods[at(axis)].jump_u, "walls.jump", lower);
    check_sides(problem, axis, lower);
    for (const Side side : {Side::minus, Side::plus}) check_mu(problem, axis, side, lower);
  }
}

}  // namespace nbm
