#pragma once
#include <cmath>

#include "nbm/core/types.hpp"

// Rows of conditions at single points: of the boundary (docs/method.md, section 8) and of the interface (section 10).
namespace nbm {

// What a row weighs of each network at its point: the value, then the half difference along each axis.
constexpr int kPointTerms = 1 + kDim;

// residual = sum_side (weight[side][0] u_side + sum_k weight[side][1 + k] first_side,k) - rhs
template <class T>
struct PointRow {
  T weight[kSides][kPointTerms] = {};
  T rhs{};
};

// u = g on one side.
template <class T>
NBM_HD PointRow<T> boundary_row(int side, T g) {
  PointRow<T> row;
  row.weight[side][0] = T(1);
  row.rhs = g;
  return row;
}

// mu dn u + transfer (u - ambient) = flux on one side's part of a wall normal to `axis`; outward: -1 or 1, the sign of
// its normal. Half differences over h; divided so that it is a value of u, of a u that changes by itself over `length`.
template <class T>
NBM_HD PointRow<T> wall_row(int side, int axis, T outward, T mu, T transfer, T ambient, T flux, Vec3<T> h, T length) {
  const T scale = T(1) / (mu / length + transfer);
  PointRow<T> row;
  row.weight[side][0] = scale * transfer;
  row.weight[side][1 + axis] = scale * mu * outward / h[axis];
  row.rhs = scale * (flux + transfer * ambient);
  return row;
}

// The conditions at a point of the interface, q and m being the means of mu dn u and u of both sides:
//   u+ - u- = jump_u + resistance q,  mu+ dn u+ - mu- dn u- = jump_flux + reaction m
template <class T>
struct JumpCondition {
  T mu[kSides];
  T jump_u, jump_flux;
  T resistance, reaction;
};

// The most by which a contrast raises the weight of the flux jump.
constexpr double kMostFluxWeight = 30.0;

// The length of the flux jump's rows.
template <class T>
NBM_HD T half_of_longest_edge(Vec3<T> edge) {
  const T longer = edge.x > edge.y ? edge.x : edge.y;
  return T(0.5) * (longer > edge.z ? longer : edge.z);
}

// What makes a value of u of a flux: a length, divided by the geometric mean of the two mu (of mu and
// mu * kMostFluxWeight^2 at most): the flux jump alone ties a constant of the side of larger mu to the other side,
// through the smaller mu.
template <class T>
NBM_HD T value_of_flux(const JumpCondition<T>& jump, T length) {
  const bool minus = jump.mu[0] > jump.mu[1];
  const T larger = jump.mu[minus ? 0 : 1], smaller = jump.mu[minus ? 1 : 0];
  const T root = sqrt(larger / smaller);
  return length * (root < T(kMostFluxWeight) ? root : T(kMostFluxWeight)) / larger;
}

// The jump of u with normal derivatives by half differences over h; where the resistance is large it is the flux that
// counts, made a value of u.
template <class T>
NBM_HD PointRow<T> value_jump_row(const JumpCondition<T>& jump, Vec3<T> normal, Vec3<T> h, T length) {
  const T scale = T(1) / (T(1) + jump.resistance / value_of_flux(jump, length));
  PointRow<T> row;
  for (int side = 0; side < kSides; ++side) {
    row.weight[side][0] = side == index_of(Side::minus) ? -scale : scale;
    for (int axis = 0; axis < kDim; ++axis) {
      row.weight[side][1 + axis] = T(-0.5) * scale * jump.resistance * jump.mu[side] * normal[axis] / h[axis];
    }
  }
  row.rhs = scale * jump.jump_u;
  return row;
}

// The jump of the flux, as a value of u.
template <class T>
NBM_HD PointRow<T> flux_jump_row(const JumpCondition<T>& jump, Vec3<T> normal, Vec3<T> h, T length) {
  const T of_flux = value_of_flux(jump, length);
  const T scale = of_flux / (T(1) + of_flux * (jump.reaction < T(0) ? -jump.reaction : jump.reaction));
  PointRow<T> row;
  for (int side = 0; side < kSides; ++side) {
    row.weight[side][0] = T(-0.5) * scale * jump.reaction;
    const T outward = side == index_of(Side::minus) ? -jump.mu[side] : jump.mu[side];
    for (int axis = 0; axis < kDim; ++axis) {
      row.weight[side][1 + axis] = outward * scale * normal[axis] / h[axis];
    }
  }
  row.rhs = scale * jump.jump_flux;
  return row;
}

// u = value on one side, in units of the value's standard deviation.
template <class T>
NBM_HD PointRow<T> observed_value_row(int side, T value, T sigma) {
  PointRow<T> row;
  row.weight[side][0] = T(1) / sigma;
  row.rhs = value / sigma;
  return row;
}

// direction . grad u = value on one side, by half differences over h.
template <class T>
NBM_HD PointRow<T> observed_slope_row(int side, Vec3<T> direction, T value, T sigma, Vec3<T> h) {
  PointRow<T> row;
  for (int axis = 0; axis < kDim; ++axis) row.weight[side][1 + axis] = direction[axis] / (h[axis] * sigma);
  row.rhs = value / sigma;
  return row;
}

}  // namespace nbm
