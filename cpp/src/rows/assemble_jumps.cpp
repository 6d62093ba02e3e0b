#include "nbm/rows/assemble.hpp"
#include "nbm/rows/jump_row.hpp"

namespace nbm {
namespace {

JumpRows make_jump_rows(const Box& box, Vec3<double> h, index_t n, double value) {
  JumpRows rows;
  rows.step = box.normalize_lengths(h);
  rows.value = {-value, value};
  rows.resize(n);
  return rows;
}

}  // namespace

JumpRows make_value_jump_rows(const Box& box, Vec3<double> h, index_t n) {
  JumpRows rows = make_jump_rows(box, h, n, 1.0);
  for (auto& side : rows.first) {
    for (auto& axis : side) axis.assign(static_cast<std::size_t>(n), 0.0);
  }
  return rows;
}

JumpRows make_flux_jump_rows(const Box& box, Vec3<double> h, index_t n) { return make_jump_rows(box, h, n, 0.0); }

void assemble_jumps(const Problem& problem, PointsView points, PointsView normals, Vec3<double> h, JumpRows& value_jump,
                    JumpRows& flux_jump, index_t offset) {
  const auto n = static_cast<std::size_t>(points.size);
  std::vector<double> mu_minus(n), mu_plus(n), alpha(n), beta(n);
  evaluate_positive(problem.minus.mu, "mu_minus", points, mu_minus);
  evaluate_positive(problem.plus.mu, "mu_plus", points, mu_plus);
  evaluate_finite(problem.jump_u, "jump_u", points, alpha);
  evaluate_finite(problem.jump_flux, "jump_flux", points, beta);
  for (index_t i = 0; i < points.size; ++i) {
    const auto from = static_cast<std::size_t>(i), to = static_cast<std::size_t>(offset + i);
    const Vec3<double> x = problem.box.normalize(points[i]);
    const FluxJumpRow<double> row = flux_jump_row(mu_minus[from], mu_plus[from], beta[from], normals[i], h);
    for (std::size_t k = 0; k < kDim; ++k) {
      const int axis = static_cast<int>(k);
      value_jump.x[k][to] = flux_jump.x[k][to] = x[axis];
      flux_jump.first[0][k][to] = row.minus[axis];
      flux_jump.first[1][k][to] = row.plus[axis];
    }
    value_jump.rhs[to] = alpha[from];
    flux_jump.rhs[to] = row.rhs;
  }
}

}  // namespace nbm
