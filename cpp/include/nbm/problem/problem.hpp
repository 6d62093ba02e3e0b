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
//   k u - div(mu grad u) = f on each side,  u+ - u- = jump_u + resistance q  and
//   mu+ dn u+ - mu- dn u- = jump_flux + surface_reaction m  on level_set = 0, with q and m the means of mu dn u and u
//   of both sides,
//   u = boundary on the box, but where a wall has a law for its flux, or goes over into the opposite one.
//   minus: level_set < 0.
// The normal points from minus to plus.
struct NBM_EXPORT Problem {
  Box box;
  Field level_set = 1.0;
  Medium minus, plus;
  Field jump_u = 0.0;
  Field jump_flux = 0.0;
  Walls walls;
  Field resistance = 0.0;  // not negative
  Field surface_reaction = 0.0;
  Periods periods;

  // Makes the two walls of an axis one surface.
  void set_period(int axis, const Field& jump, const Field& source = 0.0);
  bool is_periodic() const;
  std::array<bool, kDim> periodic_axes() const;

  const Medium& medium(Side side) const { return side == Side::minus ? minus : plus; }
  // Checks the box, that grids cover it, and every field at low-discrepancy points where the method will ask for it:
  // k, mu, f inside of their side, boundary values on the faces, jumps on the interface; finite, and mu > 0; level set
  // and mu the same on both walls of a period.
  // Throws InvalidArgument or InvalidField. A level set without a change of sign is no error.
  void validate(index_t probes = 4096) const;
  // Whether u is known but for a constant: no wall gives u, and neither transfer, nor k, nor a surface reaction takes
  // hold of it anywhere.
  bool is_floating() const;
  // Whether the jumps depend on the solution: resistance or surface_reaction are more than the number 0.
  bool has_interface_law() const { return has_resistance() || has_surface_reaction(); }
  bool has_resistance() const { return !is_number_zero(resistance); }
  bool has_surface_reaction() const { return !is_number_zero(surface_reaction); }

 private:
  static bool is_number_zero(const Field& field) { return field.constant() != nullptr && *field.constant() == 0.0; }
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
// The same for the resistance of the interface, which must not be negative.
NBM_EXPORT void evaluate_resistance(const Field& field, PointsView points, std::span<double> values);

}  // namespace nbm
