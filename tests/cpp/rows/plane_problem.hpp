#pragma once
#include "cells.hpp"

namespace nbm::test {

// A plane n.x = c and a solution linear on each side, u = value_s + gradient_s . (x - x0) with x0 on the plane.
// Tangential derivatives agree, so that the jump in u is constant along the plane, as the jump conditions read it.
struct PlaneProblem {
  Vec3<double> n, x0, tangent;
  double value[kSides], slope[kSides], mu[kSides];

  double phi(Vec3<double> p) const { return dot(n, p - x0); }
  double u(int side, Vec3<double> p) const { return value[side] + dot(tangent, p - x0) + slope[side] * dot(n, p - x0); }
  JumpSample jumps() const { return {{mu[0], mu[1]}, value[1] - value[0], mu[1] * slope[1] - mu[0] * slope[0]}; }
};

inline PlaneProblem random_plane(Random& random, double mu_minus, double mu_plus) {
  PlaneProblem p;
  p.n = random.direction();
  p.x0 = random.vector(-0.1, 0.1);
  const Vec3<double> t = random.vector(-1.0, 1.0);
  p.tangent = t - dot(t, p.n) * p.n;
  for (int side = 0; side < kSides; ++side) {
    p.value[side] = random.uniform(-1.0, 1.0);
    p.slope[side] = random.uniform(-1.0, 1.0);
  }
  p.mu[0] = mu_minus;
  p.mu[1] = mu_plus;
  return p;
}

}  // namespace nbm::test
