#pragma once
#include "nbm/core/types.hpp"

// Jump conditions at a point of the interface, for the direct-jump discretization (docs/method.md, section 10).
namespace nbm {

// The flux jump mu+ dn u+ - mu- dn u- = beta with normal derivatives by half differences over h, divided by the larger
// mu: residual = sum_k (plus_k first+_k + minus_k first-_k) - rhs.
template <class T>
struct FluxJumpRow {
  Vec3<T> minus, plus;
  T rhs;
};

template <class T>
NBM_HD FluxJumpRow<T> flux_jump_row(T mu_minus, T mu_plus, T beta, Vec3<T> normal, Vec3<T> h) {
  const T scale = T(1) / (mu_minus > mu_plus ? mu_minus : mu_plus);
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
