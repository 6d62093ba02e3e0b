#include "nbm/problem/problem.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

#include "nbm/core/error.hpp"
#include "nbm/problem/grid_field.hpp"
#include "problem/periods.hpp"
#include "problem/probes.hpp"

namespace nbm {
namespace {

std::string text_of(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

std::string text_of(Vec3<double> p) { return "(" + text_of(p.x) + ", " + text_of(p.y) + ", " + text_of(p.z) + ")"; }

void require_finite(const char* name, PointsView points, std::span<const double> values) {
  for (index_t i = 0; i < points.size; ++i) {
    const double value = values[static_cast<std::size_t>(i)];
    if (std::isfinite(value)) continue;
    throw InvalidField(name, value, points[i],
                       std::string(name) + " is " + text_of(value) + " at " + text_of(points[i]) +
                           ", but must be finite there; check its formula or data");
  }
}

void require_cover(const Field& field, const char* name, const Box& box) {
  const GridField* grid = field.grid();
  if (!grid) return;
  const Vec3<double> edge = box.edge();
  for (int axis = 0; axis < kDim; ++axis) {
    const double slack = 1e-6 * edge[axis];
    if (grid->box().lower[axis] <= box.lower[axis] + slack && grid->box().upper[axis] >= box.upper[axis] - slack)
      continue;
    throw InvalidArgument(name, "its grid spans [" + text_of(grid->box().lower[axis]) + ", " +
                                    text_of(grid->box().upper[axis]) + "] on axis " + "xyz"[axis] +
                                    ", but must cover the problem's box, [" + text_of(box.lower[axis]) + ", " +
                                    text_of(box.upper[axis]) + "]");
  }
}

// The points where the level set, whose values are `phi`, says `side`.
Points on_side(const Points& points, const std::vector<double>& phi, Side side) {
  Points chosen;
  for (index_t i = 0; i < points.size(); ++i) {
    if ((phi[static_cast<std::size_t>(i)] < 0.0 ? Side::minus : Side::plus) == side) chosen.push_back(points[i]);
  }
  return chosen;
}

std::vector<double> finite_values(const Field& field, const char* name, const Points& points) {
  std::vector<double> values(static_cast<std::size_t>(points.size()));
  evaluate_finite(field, name, points.view(), values);
  return values;
}

void check_wall_grids(const Problem& problem) {
  for (const Wall& wall : problem.walls) {
    for (const WallLaw& law : wall.law) {
      for (const Field* field : {&law.transfer, &law.ambient, &law.flux}) {
        require_cover(*field, "walls", problem.box);
      }
    }
  }
}

void check_grids(const Problem& problem) {
  require_cover(problem.level_set, "level_set", problem.box);
  require_cover(problem.jump_u, "jump_u", problem.box);
  require_cover(problem.jump_flux, "jump_flux", problem.box);
  require_cover(problem.resistance, "resistance", problem.box);
  require_cover(problem.surface_reaction, "surface_reaction", problem.box);
  for (const Side side : {Side::minus, Side::plus}) {
    const Medium& medium = problem.medium(side);
    const MediumNames& names = names_of(side);
    require_cover(medium.k, names.k, problem.box);
    require_cover(medium.mu, names.mu, problem.box);
    require_cover(medium.f, names.f, problem.box);
    require_cover(medium.boundary, names.boundary, problem.box);
  }
  check_wall_grids(problem);
  for (const Period& period : problem.periods) require_cover(period.jump_u, "walls", problem.box);
}

bool is_zero(const Field& field, const Points& points) {
  if (const double* constant = field.constant()) return *constant == 0.0;
  std::vector<double> values(points.x.size());
  field.evaluate(points.view(), values);
  return std::all_of(values.begin(), values.end(), [](double v) { return v == 0.0; });
}

void check_walls(const Problem& problem, const Points& faces, const std::vector<double>& phi) {
  for (const Side side : {Side::minus, Side::plus}) {
    const Points own = on_side(faces, phi, side);
    for (int face = 0; face < kBoxFaces; ++face) {
      if (problem.walls[static_cast<std::size_t>(face)].gives_u) continue;
      evaluate_wall(problem.walls, face, side, on_wall(problem.box, face, own).view());
    }
  }
}

}  // namespace

void Problem::set_period(int axis, const Field& jump, const Field& source) {
  const auto n = static_cast<std::size_t>(axis);
  periods.at(n) = {true, jump};
  walls[2 * n] = walls[2 * n + 1] = {false, {}};
  for (WallLaw& law : walls[2 * n + 1].law) law.flux = source;
}

bool Problem::is_periodic() const {
  return std::any_of(periods.begin(), periods.end(), [](const Period& period) { return period.periodic; });
}

std::array<bool, kDim> Problem::periodic_axes() const {
  return {periods[0].periodic, periods[1].periodic, periods[2].periodic};
}

bool Problem::is_floating() const {
  constexpr index_t kProbes = 2048;
  for (const Wall& wall : walls) {
    if (wall.gives_u) return false;
  }
  const Points inside = probes_inside(box, kProbes), faces = probes_on_faces(box, kProbes);
  const std::vector<double> phi = finite_values(level_set, "level_set", inside);
  const std::vector<double> phi_faces = finite_values(level_set, "level_set", faces);
  for (const Side side : {Side::minus, Side::plus}) {
    if (!is_zero(medium(side).k, on_side(inside, phi, side))) return false;
    const Points own = on_side(faces, phi_faces, side);
    for (int face = 0; face < kBoxFaces; ++face) {
      const WallLaw& law = walls[static_cast<std::size_t>(face)].law[static_cast<std::size_t>(index_of(side))];
      if (!is_zero(law.transfer, on_wall(box, face, own))) return false;
    }
  }
  return !has_surface_reaction() || is_zero(surface_reaction, probes_on_interface(level_set, inside, phi, kProbes));
}

void Problem::validate(index_t probes) const {
  box.validate();
  check_grids(*this);
  const Points inside = probes_inside(box, probes);
  const Points faces = probes_on_faces(box, probes / 4);
  const std::vector<double> phi = finite_values(level_set, "level_set", inside);
  const std::vector<double> phi_faces = finite_values(level_set, "level_set", faces);
  std::vector<double> values(static_cast<std::size_t>(probes));
  for (const Side side : {Side::minus, Side::plus}) {
    const MediumNames& names = names_of(side);
    const Points own = on_side(inside, phi, side);
    evaluate_positive(medium(side).mu, names.mu, own.view(), std::span(values).first(own.x.size()));
    finite_values(medium(side).k, names.k, own);
    finite_values(medium(side).f, names.f, own);
    finite_values(medium(side).boundary, names.boundary, on_side(faces, phi_faces, side));
  }
  check_walls(*this, faces, phi_faces);
  check_periods(*this, faces);
  const Points interface = probes_on_interface(level_set, inside, phi, probes / 4);
  finite_values(jump_u, "jump_u", interface);
  finite_values(jump_flux, "jump_flux", interface);
  finite_values(surface_reaction, "surface_reaction", interface);
  evaluate_resistance(resistance, interface.view(), std::span(values).first(interface.x.size()));
}

void evaluate_finite(const Field& field, const char* name, PointsView points, std::span<double> values) {
  field.evaluate(points, values);
  require_finite(name, points, values);
}

void evaluate_positive(const Field& field, const char* name, PointsView points, std::span<double> values) {
  evaluate_finite(field, name, points, values);
  for (index_t i = 0; i < points.size; ++i) {
    const double value = values[static_cast<std::size_t>(i)];
    if (value > 0.0) continue;
    throw InvalidField(name, value, points[i],
                       std::string(name) + " is " + text_of(value) + " at " + text_of(points[i]) +
                           ", but a diffusion coefficient must be positive on its side");
  }
}

void evaluate_resistance(const Field& field, PointsView points, std::span<double> values) {
  evaluate_finite(field, "resistance", points, values);
  for (index_t i = 0; i < points.size; ++i) {
    const double value = values[static_cast<std::size_t>(i)];
    if (value >= 0.0) continue;
    throw InvalidField("resistance", value, points[i],
                       "resistance is " + text_of(value) + " at " + text_of(points[i]) +
                           ", but the resistance of an interface must not be negative");
  }
}

}  // namespace nbm
