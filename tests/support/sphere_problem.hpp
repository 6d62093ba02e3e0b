#pragma once
#include <cmath>

#include "nbm/problem/problem.hpp"
#include "nbm/problem/symbols.hpp"

// The sphere of docs/method.md, section 11, with everything derived by hand.
namespace nbm::testing {

inline Problem sphere_problem() {
  using namespace nbm::symbols;
  const Symbol x = symbols::x(), y = symbols::y(), z = symbols::z();
  const Symbol mu_minus = y * y * log(x + 2.0) + 4.0, mu_plus = exp(-z);
  const Symbol u_minus = exp(z), u_plus = cos(x) * sin(y);
  const Symbol r = sqrt(x * x + y * y + z * z);
  Problem problem;
  problem.level_set = Field(Expression(r - 0.5));
  problem.minus.mu = Field(Expression(mu_minus));
  problem.minus.f = Field(Expression(-mu_minus * u_minus));
  problem.minus.boundary = Field(Expression(u_minus));
  problem.plus.mu = Field(Expression(mu_plus));
  problem.plus.f = Field(Expression(2.0 * mu_plus * u_plus));
  problem.plus.boundary = Field(Expression(u_plus));
  problem.jump_u = Field(Expression(u_plus - u_minus));
  const Symbol plus_slope = (-x * sin(x) * sin(y) + y * cos(x) * cos(y)) / r, minus_slope = z * u_minus / r;
  problem.jump_flux = Field(Expression(mu_plus * plus_slope - mu_minus * minus_slope));
  return problem;
}

inline double sphere_solution(Vec3<double> p) {
  const bool minus = std::sqrt(p.x * p.x + p.y * p.y + p.z * p.z) < 0.5;
  return minus ? std::exp(p.z) : std::cos(p.x) * std::sin(p.y);
}

}  // namespace nbm::testing
