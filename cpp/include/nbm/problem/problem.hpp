#pragma once
#include "nbm/problem/box.hpp"
#include "nbm/problem/field.hpp"
#include "nbm/problem/wall.hpp"

namespace nbm {

// Coefficients on one side of the interface: k u - div(mu grad u) = f, and the Dirichlet value on the box boundary.
struct NBM_EXPORT Medium {
  Field k = 0.0;
  Field mu = 1.0;
  Field f = 0.0;
  Field boundary = 0.0;
};

// The interface problem of docs/method.md, section 1:
//   k u - div(mu grad u) = f on each side,  u+ - u- = jump_u,  mu+ dn u+ - mu- dn u- = jump_flux on level_set = 0,
//   u = boundary on the box, but where a wall has a law for its flux.   minus: level_set < 0.
// The normal points from minus to plus.
struct NBM_EXPORT Problem {
  Box box;
  Field level_set = 1.0;
  Medium minus, plus;
  Field jump_u = 0.0;
  Field jump_flux = 0.0;
  Walls walls;

  const Medium& medium(Side side) const { return side == Side::minus ? minus : plus; }
  // Checks the box, that grids cover it, and every field at low-discrepancy points where the method will ask for it:
  // k, mu, f inside of their side, boundary values on the faces, jumps on the interface; finite, and mu > 0.
  // Throws InvalidArgument or InvalidField. A level set without a change of sign is no error.
  void validate(index_t probes = 4096) const;
  // Whether u is known but for a constant: no wall gives u, and neither transfer nor k takes hold of it anywhere.
  bool is_floating() const;
};

// The names of a medium's fields in errors, as users spell them.
struct MediumNames {
  const char *k, *mu, *f, *boundary;
};
inline const MediumNames& names_of(Side side) {
  static constexpr MediumNames names[kSides] = {{"minus.k", "minus.mu", "minus.f", "minus.boundary"},
                                                {"plus.k", "plus.mu", "plus.f", "plus.boundary"}};
  return names[index_of(side)];
}

// Field::evaluate with a check: throws InvalidField naming `name` and the point where a value is not finite.
NBM_EXPORT void evaluate_finite(const Field& field, const char* name, PointsView points, std::span<double> values);
// The same for a diffusion coefficient, which must also be positive.
NBM_EXPORT void evaluate_positive(const Field& field, const char* name, PointsView points, std::span<double> values);

}  // namespace nbm
