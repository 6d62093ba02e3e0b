#pragma once
#include "nbm/core/math.hpp"
#include "nbm/core/types.hpp"

// The basis functions of an expansion at one point (docs/method.md, section 14), on host and device: V is double, or a
// vector of the compiler with one basis function or one point a lane. Coordinates are those of Expansion: lengths over
// half of the longest edge of the box. What a caller does not read of a jet is not computed.
namespace nbm {

// Value, gradient and second derivatives along the axes.
template <class V>
struct Jet {
  V value, gradient[kDim], second[kDim];
};

// sin(wave . x + phase).
template <class V>
NBM_HD Jet<V> sine_jet(const V (&wave)[kDim], V phase, const V (&x)[kDim]) {
  Jet<V> jet;
  V cosine;
  fast_sincos(wave[0] * x[0] + wave[1] * x[1] + wave[2] * x[2] + phase, jet.value, cosine);
  for (int k = 0; k < kDim; ++k) {
    jet.gradient[k] = wave[k] * cosine;
    jet.second[k] = -(wave[k] * wave[k]) * jet.value;
  }
  return jet;
}

// Adds sign times the source (reach / r) exp(-decay (r - reach)), r = |x - at|: it solves lap u = decay^2 u away from
// `at`, and is 1 at the distance `reach`. Plain where decay is 0.
template <class V>
NBM_HD void add_source(const V (&at)[kDim], V reach, double decay, double sign, const V (&x)[kDim], Jet<V>& jet) {
  V away[kDim], square = detail::broadcast<V>(0.0);
  for (int k = 0; k < kDim; ++k) {
    away[k] = x[k] - at[k];
    square = square + away[k] * away[k];
  }
  const V inverse = 1.0 / square_root(square);
  V value = sign * reach * inverse;
  if (decay > 0.0) value = value * fast_exp(decay * (reach - square * inverse));
  // Along an axis of direction cosine c the second derivative is u'/r + c^2 (u'' - u'/r).
  const V slope = inverse + decay;                            // -u'/u
  const V radial = slope * inverse;                           // -u'/(u r)
  const V bend = slope * slope + inverse * inverse + radial;  // (u'' - u'/r) / u
  jet.value = jet.value + value;
  for (int k = 0; k < kDim; ++k) {
    const V direction = away[k] * inverse;
    jet.gradient[k] = jet.gradient[k] - value * slope * direction;
    jet.second[k] = jet.second[k] + value * (bend * direction * direction - radial);
  }
}

// The monomials of degree 2 at most in local coordinates: 1, a, b, c, aa, ab, ac, bb, bc, cc.
constexpr int kMonomials = 10;

// stretch: d(local)/dx an axis.
template <class V>
NBM_HD void monomial_jets(const V (&local)[kDim], const double (&stretch)[kDim], Jet<V> (&jets)[kMonomials]) {
  for (auto& jet : jets) jet = Jet<V>{};
  jets[0].value = detail::broadcast<V>(1.0);
  int n = 1 + kDim;
  for (int i = 0; i < kDim; ++i) {
    jets[1 + i].value = local[i];
    jets[1 + i].gradient[i] = detail::broadcast<V>(stretch[i]);
    for (int j = i; j < kDim; ++j, ++n) {
      jets[n].value = local[i] * local[j];
      jets[n].gradient[i] = jets[n].gradient[i] + local[j] * stretch[i];
      jets[n].gradient[j] = jets[n].gradient[j] + local[i] * stretch[j];
      if (i == j) jets[n].second[i] = detail::broadcast<V>(2.0 * stretch[i] * stretch[i]);
    }
  }
}

}  // namespace nbm
