#pragma once
#include <cmath>

#include "nbm/core/types.hpp"

// Jump conditions at a point of the interface, for the direct-jump discretization (docs/method.md, section 10).
namespace nbm {

// The most by which a contrast raises the weight of the flux jump.
constexpr double kMostFluxWeight = 30.0;

// The flux jump mu+ dn u+ - mu- dn u- = beta with normal derivatives by half differences over h, divided by the
// geometric mean of the two mu (of mu and mu * kMostFluxWeight^2 at most): the row alone ties a constant of the side of
// larger mu to the other side, through the smaller mu. residual = sum_k (plus_k first+_k + minus_k first-_k) - rhs.
template <class T>
struct FluxJumpRow {
  Vec3<T> minus, plus;
  T rhs;
};

template <class T>
NBM_HD FluxJumpRow<T> flux_jump_row(T mu_minus, T mu_plus, T beta, Vec3<T> normal, Vec3<T> h) {
  const T larger = mu_minus > mu_plus ? mu_minus : mu_plus, smaller = mu_minus > mu_plus ? mu_plus : mu_minus;
  const T root = sqrt(larger / smaller);
  const T scale = (root < T(kMostFluxWeight) ? root : T(kMostFluxWeight)) / larger;
  FluxJumpRow<T> row;
  for (int axis = 0; axis < kDim; ++axis) {
    const T slope = scale * normal[axis] / h[axis];
    row.minus[axis] = -mu_minus * slope;
    row.plus[axis] = mu_plus * slope;
  }
  row.rhs = scale * beta;
  return row;
}

}  // namespace nbm
