#pragma once
#include "nbm/core/sincos.hpp"
#include "nbm/core/types.hpp"

// The sine activation on a value and on its differences along the three axes (docs/method.md, section 5).
// Exact identities: with the pre-activation z, half difference d and half of the second difference e of an axis,
//   a = sin z,  first = cos(z + e) sin d,  half of the second = sin(z + e) cos d - sin z, without cancellation.
namespace nbm {

// The quantities of one point, in the order in which they are stored. Between the layers second differences are halved:
// all that is linear maps the halves alike, and the activation wants them and makes them.
constexpr int kValue = 0;
constexpr int kFirst = 1;          // kFirst + axis
constexpr int kSecond = 1 + kDim;  // kSecond + axis
constexpr int kQuantities = 1 + 2 * kDim;

// What the backward pass needs of one neuron: cos z, and per axis P = sin(z + e) sin d, R = cos(z + e) cos d - cos z.
constexpr int kSavedCosine = 0;
constexpr int kSavedP = 1;         // kSavedP + axis
constexpr int kSavedR = 1 + kDim;  // kSavedR + axis
constexpr int kSaved = 1 + 2 * kDim;

namespace detail {

// In float short polynomials do for networks of usual slopes, from 32 cells an edge on. A half second difference is
// about half of the square of a first difference: the sum of the squares of these and of 32 times those of halves
// bounds each.
template <class S>
struct DifferenceBounds {
  static constexpr bool narrow = false;
  static constexpr S of_second = S(1);
};
template <>
struct DifferenceBounds<float> {
  using First = SincosPolynomials<float, 2>;
  using Second = SincosPolynomials<float, 1>;
  static constexpr bool narrow = true;
  static constexpr float of_second = 32, bound = First::range * First::range;
  static_assert(bound <= of_second * Second::range * Second::range);
};

// Sine and cosine minus one of the half second differences and of the first differences of all axes.
template <class T>
NBM_HD void difference_sines(const T (&pre)[kQuantities], T (&sin_half)[kDim], T (&cosm1_half)[kDim],
                             T (&sin_first)[kDim], T (&cosm1_first)[kDim]) {
  using S = ScalarOf<T>;
  using Bounds = DifferenceBounds<S>;
  T half_squared[kDim], first_squared[kDim];
  T sum(S(0));
  NBM_UNROLL
  for (int k = 0; k < kDim; ++k) {
    half_squared[k] = pre[kSecond + k] * pre[kSecond + k];
    first_squared[k] = pre[kFirst + k] * pre[kFirst + k];
    sum = sum + (half_squared[k] * T(Bounds::of_second) + first_squared[k]);
  }
  if constexpr (Bounds::narrow) {
    if (all_at_most(sum, Bounds::bound)) {
      NBM_UNROLL
      for (int k = 0; k < kDim; ++k) {
        sin_cosm1_within<1>(pre[kSecond + k], half_squared[k], sin_half[k], cosm1_half[k]);
        sin_cosm1_within<2>(pre[kFirst + k], first_squared[k], sin_first[k], cosm1_first[k]);
      }
      return;
    }
    // As if the weight of the second differences had been 1, which three terms do not want.
    sum = T(S(0));
    NBM_UNROLL
    for (int k = 0; k < kDim; ++k) sum = sum + (half_squared[k] + first_squared[k]);
  }
  if (is_small(sum)) {
    NBM_UNROLL
    for (int k = 0; k < kDim; ++k) {
      sin_cosm1_small(pre[kSecond + k], half_squared[k], sin_half[k], cosm1_half[k]);
      sin_cosm1_small(pre[kFirst + k], first_squared[k], sin_first[k], cosm1_first[k]);
    }
  } else {
    for (int k = 0; k < kDim; ++k) {
      sin_cosm1(pre[kSecond + k], sin_half[k], cosm1_half[k]);
      sin_cosm1(pre[kFirst + k], sin_first[k], cosm1_first[k]);
    }
  }
}

}  // namespace detail

template <class T, class Memory>
NBM_HD void sine_differences(const T (&pre)[kQuantities], Memory post, Memory saved) {
  T sine, cosine, sin_half[kDim], cosm1_half[kDim], sin_first[kDim], cosm1_first[kDim];
  sincos(pre[kValue], sine, cosine);
  detail::difference_sines(pre, sin_half, cosm1_half, sin_first, cosm1_first);
  post[kValue] = sine;
  saved[kSavedCosine] = cosine;
  NBM_UNROLL
  for (int k = 0; k < kDim; ++k) {
    const T sine_change = cosine * sin_half[k] + sine * cosm1_half[k];    // sin(z + e) - sin z
    const T cosine_change = cosine * cosm1_half[k] - sine * sin_half[k];  // cos(z + e) - cos z
    const T shifted_sine = sine + sine_change;
    const T shifted_cosine = cosine + cosine_change;
    post[kFirst + k] = shifted_cosine * sin_first[k];
    post[kSecond + k] = sine_change + shifted_sine * cosm1_first[k];
    saved[kSavedP + k] = shifted_sine * sin_first[k];
    saved[kSavedR + k] = cosine_change + shifted_cosine * cosm1_first[k];
  }
}

// adjoint: of the post-activation on entry, of the pre-activation on return.
template <class T, class Memory>
NBM_HD void sine_differences_adjoint(Memory saved, T (&adjoint)[kQuantities]) {
  const T cosine = saved[kSavedCosine];
  T value = adjoint[kValue] * cosine;
  NBM_UNROLL
  for (int k = 0; k < kDim; ++k) {
    const T p = saved[kSavedP + k], r = saved[kSavedR + k], q = cosine + r;
    const T first = adjoint[kFirst + k], second = adjoint[kSecond + k];
    value = value - p * first + r * second;
    adjoint[kFirst + k] = q * first - p * second;
    adjoint[kSecond + k] = q * second - p * first;
  }
  adjoint[kValue] = value;
}

// The first layer: e = 0, and d is the same for every point, so that its sine and cosine minus one come as constants
// of the neuron, steps = {sin d_k, cos d_k - 1}.
template <class T, class Memory>
NBM_HD void sine_first_layer(T z, const ScalarOf<T>* steps, Memory post, Memory saved_cosine) {
  using S = ScalarOf<T>;
  T sine, cosine;
  sincos(z, sine, cosine);
  post[kValue] = sine;
  saved_cosine[0] = cosine;
  NBM_UNROLL
  for (int k = 0; k < kDim; ++k) {
    post[kFirst + k] = cosine * T(S(steps[k]));
    post[kSecond + k] = sine * T(S(steps[kDim + k]));
  }
}

// From the adjoint of the post-activation: the adjoints of z and of the first differences d_k.
template <class T>
NBM_HD void sine_first_layer_adjoint(T sine, T cosine, const ScalarOf<T>* steps, const T (&adjoint)[kQuantities],
                                     T& value, T (&first)[kDim]) {
  value = adjoint[kValue] * cosine;
  NBM_UNROLL
  for (int k = 0; k < kDim; ++k) {
    const T sin_d(steps[k]), cosm1_d(steps[kDim + k]);
    const T p = sine * sin_d, r = cosine * cosm1_d;
    value = value - p * adjoint[kFirst + k] + r * adjoint[kSecond + k];
    first[k] = (cosine + r) * adjoint[kFirst + k] - p * adjoint[kSecond + k];
  }
}

}  // namespace nbm
