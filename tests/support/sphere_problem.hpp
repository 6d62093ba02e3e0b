#pragma once
#include "nbm/problem/problem.hpp"
#include "nbm/problem/symbols.hpp"

// The sphere problem of docs/method.md, section 11, with its derived fields worked out by hand.
namespace nbm::test {

struct ExactProblem {
  Problem problem;
  Field u_minus, u_plus;

  const Field& u(Side side) const { return side == Side::minus ? u_minus : u_plus; }
};

inline ExactProblem sphere_problem() {
  using namespace symbols;
  const symbols::Symbol r = sqrt(x() * x() + y() * y() + z() * z());
  const symbols::Symbol mu_minus = y() * y() * log(x() + 2.0) + 4.0, mu_plus = exp(-z());
  ExactProblem out;
  out.u_minus = Field(exp(z()));
  out.u_plus = Field(cos(x()) * sin(y()));
  Problem& p = out.problem;
  p.level_set = Field(r - 0.5);
  p.minus.mu = Field(mu_minus);
  p.plus.mu = Field(mu_plus);
  p.minus.f = Field(-(mu_minus * exp(z())));              // mu_minus does not depend on z
  p.plus.f = Field(2.0 * mu_plus * cos(x()) * sin(y()));  // mu_plus depends on z alone, u_plus not on z
  p.minus.boundary = out.u_minus;
  p.plus.boundary = out.u_plus;
  p.jump_u = Field(cos(x()) * sin(y()) - exp(z()));
  p.jump_flux =
      Field((mu_plus * (cos(x()) * cos(y()) * y() - sin(x()) * sin(y()) * x()) - mu_minus * exp(z()) * z()) / r);
  return out;
}

}  // namespace nbm::test
