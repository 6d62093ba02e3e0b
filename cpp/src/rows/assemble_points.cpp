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

PointRows make_value_jump_rows(index_t n) { return {kValueJumpGroup, {kBoth, kNone}, n}; }

PointRows make_flux_jump_rows(const Box& box, Vec3<double> h, index_t n) {
  PointRows rows(kFluxJumpGroup, {kNone, kBoth}, n);
  rows.step = box.normalize_lengths(h);
  return rows;
}

void assemble_boundary(const Problem& problem, Side side, PointsView points, PointRows& rows, index_t offset) {
  std::vector<double> g(at(points.size));
  evaluate_finite(problem.medium(side).boundary, names_of(side).boundary, points, g);
  for (index_t i = 0; i < points.size; ++i) {
    rows.set(offset + i, problem.box.normalize(points[i]), boundary_row(index_of(side), g[at(i)]));
  }
}

void assemble_jumps(const Problem& problem, PointsView points, PointsView normals, Vec3<double> h,
                    PointRows& value_jump, PointRows& flux_jump, index_t offset) {
  const std::size_t n = at(points.size);
  std::vector<double> mu_minus(n), mu_plus(n), alpha(n), beta(n);
  evaluate_positive(problem.minus.mu, "mu_minus", points, mu_minus);
  evaluate_positive(problem.plus.mu, "mu_plus", points, mu_plus);
  evaluate_finite(problem.jump_u, "jump_u", points, alpha);
  evaluate_finite(problem.jump_flux, "jump_flux", points, beta);
  const double length = half_of_longest_edge(problem.box.edge());
  for (index_t i = 0; i < points.size; ++i) {
    const Vec3<double> x = problem.box.normalize(points[i]);
    value_jump.set(offset + i, x, value_jump_row(alpha[at(i)]));
    flux_jump.set(offset + i, x, flux_jump_row(mu_minus[at(i)], mu_plus[at(i)], beta[at(i)], normals[i], h, length));
  }
}

}  // namespace nbm
