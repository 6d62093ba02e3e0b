#include "nbm/rows/assemble.hpp"
#include "nbm/rows/point_row.hpp"

// One function a condition: it fills point rows.
namespace nbm {
namespace {

constexpr std::array<bool, kSides> kBoth = {true, true}, kNone = {false, false};

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

}  // namespace

PointRows make_boundary_rows(Side side, index_t n) {
  PointTerms terms;
  terms.value[at(index_of(side))] = true;
  return {kBoundaryGroup, terms, n};
}

PointRows make_value_jump_rows(const Problem& problem, Vec3<double> h, index_t n) {
  if (!problem.has_resistance()) return {kValueJumpGroup, {kBoth, kNone}, n};
  PointRows rows(kValueJumpGroup, {kBoth, kBoth}, n);
  rows.step = problem.box.normalize_lengths(h);
  return rows;
}

PointRows make_flux_jump_rows(const Problem& problem, Vec3<double> h, index_t n) {
  PointRows rows(kFluxJumpGroup, {problem.has_surface_reaction() ? kBoth : kNone, kBoth}, n);
  rows.step = problem.box.normalize_lengths(h);
  return rows;
}

void assemble_boundary(const Problem& problem, Side side, PointsView points, PointRows& rows, index_t offset) {
  std::vector<double> g(at(points.size));
  evaluate_finite(problem.medium(side).boundary, names_of(side).boundary, points, g);
  for (index_t i = 0; i < points.size; ++i) {
    rows.set(offset + i, problem.box.normalize(points[i]), boundary_row(index_of(side), g[at(i)]));
  }
}

std::vector<WallPoints> by_wall(const Problem& problem, const Points& points) {
  std::array<WallPoints, kBoxFaces + 1> of;
  for (index_t i = 0; i < points.size(); ++i) {
    const int wall = flux_wall_at(problem.box, problem.walls, points[i]);
    if (wall >= 0 && problem.periods[at(wall / 2)].periodic) continue;
    WallPoints& own = of[at(wall + 1)];
    own.points.push_back(points[i]);
    own.number.push_back(at(i));
  }
  std::vector<WallPoints> found;
  for (int wall = -1; wall < kBoxFaces; ++wall) {
    WallPoints& own = of[at(wall + 1)];
    own.wall = wall;
    if (!own.number.empty()) found.push_back(std::move(own));
  }
  return found;
}

PointRows boundary_point_rows(const Problem& problem, int wall, Side side, PointsView points, Vec3<double> h) {
  if (wall < 0) {
    PointRows rows = make_boundary_rows(side, points.size);
    assemble_boundary(problem, side, points, rows, 0);
    return rows;
  }
  PointTerms terms;
  terms.value[at(index_of(side))] = terms.first[at(index_of(side))] = true;
  PointRows rows(kBoundaryGroup, terms, points.size);
  rows.step = problem.box.normalize_lengths(h);
  const WallValues law = evaluate_wall(problem.walls, wall, side, points);
  std::vector<double> mu(at(points.size));
  evaluate_positive(problem.medium(side).mu, names_of(side).mu, points, mu);
  const double length = half_of_longest_edge(problem.box.edge()), outward = wall % 2 == 0 ? -1.0 : 1.0;
  for (index_t i = 0; i < points.size; ++i) {
    const std::size_t n = at(i);
    rows.set(
        i, problem.box.normalize(points[i]),
        wall_row(index_of(side), wall / 2, outward, mu[n], law.transfer[n], law.ambient[n], law.flux[n], h, length));
  }
  return rows;
}

BoundaryConditions boundary_conditions(const Problem& problem, Side side, const Points& points) {
  BoundaryConditions out;
  for (auto* values : {&out.value, &out.rhs, &out.slope[0], &out.slope[1], &out.slope[2]}) {
    values->resize(points.x.size());
  }
  for (const WallPoints& on : by_wall(problem, points)) {
    const PointRows rows = boundary_point_rows(problem, on.wall, side, on.points.view(), {1.0, 1.0, 1.0});
    const auto& weight = rows.weight[at(index_of(side))];
    for (std::size_t n = 0; n < on.number.size(); ++n) {
      const std::size_t to = on.number[n];
      out.value[to] = weight[0][n];
      out.rhs[to] = rows.rhs[n];
      for (std::size_t k = 0; k < kDim; ++k) out.slope[k][to] = weight[1 + k].empty() ? 0.0 : weight[1 + k][n];
    }
  }
  return out;
}

JumpConditions jump_conditions(const Problem& problem, PointsView points) {
  JumpConditions jumps;
  for (auto* values :
       {&jumps.mu[0], &jumps.mu[1], &jumps.jump_u, &jumps.jump_flux, &jumps.resistance, &jumps.reaction}) {
    values->resize(at(points.size));
  }
  for (const Side side : {Side::minus, Side::plus}) {
    evaluate_positive(problem.medium(side).mu, names_of(side).mu, points, jumps.mu[at(index_of(side))]);
  }
  evaluate_finite(problem.jump_u, "jump_u", points, jumps.jump_u);
  evaluate_finite(problem.jump_flux, "jump_flux", points, jumps.jump_flux);
  evaluate_resistance(problem.resistance, points, jumps.resistance);
  evaluate_finite(problem.surface_reaction, "surface_reaction", points, jumps.reaction);
  return jumps;
}

void assemble_jumps(const Problem& problem, PointsView points, PointsView normals, Vec3<double> h,
                    PointRows& value_jump, PointRows& flux_jump, index_t offset) {
  const JumpConditions jumps = jump_conditions(problem, points);
  const double length = half_of_longest_edge(problem.box.edge());
  for (index_t i = 0; i < points.size; ++i) {
    const Vec3<double> x = problem.box.normalize(points[i]);
    value_jump.set(offset + i, x, value_jump_row(jumps[at(i)], normals[i], h, length));
    flux_jump.set(offset + i, x, flux_jump_row(jumps[at(i)], normals[i], h, length));
  }
}

}  // namespace nbm
