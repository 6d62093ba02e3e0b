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

// u+ - u- = alpha.
template <class T>
NBM_HD PointRow<T> value_jump_row(T alpha) {
  PointRow<T> row;
  row.weight[index_of(Side::minus)][0] = T(-1);
  row.weight[index_of(Side::plus)][0] = T(1);
  row.rhs = alpha;
  return row;
}

// The most by which a contrast raises the weight of the flux jump.
constexpr double kMostFluxWeight = 30.0;

// The length of the flux jump's rows.
template <class T>
NBM_HD T half_of_longest_edge(Vec3<T> edge) {
  const T longer = edge.x > edge.y ? edge.x : edge.y;
  return T(0.5) * (longer > edge.z ? longer : edge.z);
}

// The flux jump mu+ dn u+ - mu- dn u- = beta with normal derivatives by half differences over h, times a length so that
// it is a value of u, and divided by the geometric mean of the two mu (of mu and mu * kMostFluxWeight^2 at most): the
// row alone ties a constant of the side of larger mu to the other side, through the smaller mu.
template <class T>
NBM_HD PointRow<T> flux_jump_row(T mu_minus, T mu_plus, T beta, Vec3<T> normal, Vec3<T> h, T length) {
  const T larger = mu_minus > mu_plus ? mu_minus : mu_plus, smaller = mu_minus > mu_plus ? mu_plus : mu_minus;
  const T root = sqrt(larger / smaller);
  const T scale = length * (root < T(kMostFluxWeight) ? root : T(kMostFluxWeight)) / larger;
  PointRow<T> row;
  for (int axis = 0; axis < kDim; ++axis) {
    const T slope = scale * normal[axis] / h[axis];
    row.weight[index_of(Side::minus)][1 + axis] = -mu_minus * slope;
    row.weight[index_of(Side::plus)][1 + axis] = mu_plus * slope;
  }
  row.rhs = scale * beta;
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
