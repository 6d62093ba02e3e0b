#pragma once
#include "nbm/network/siren_point.hpp"

// One hidden layer in a row of differences: sum_q weight[q] post[q] of a neuron is sine * p + cosine * r, where p and r
// depend on the point by its weights alone (nbm/network/sine.hpp: sine_first_layer, sine_first_layer_adjoint).
namespace nbm {

// The weights of a row as its neurons take them.
template <class T>
struct ShallowRow {
  T value, first[kDim], second_twice[kDim];
  T first_step[kDim], second_step[kDim];  // times omega h_k

  template <class S>
  NBM_HD ShallowRow(const SirenView<S>& net, const T (&weight)[kQuantities]) : value(weight[kValue]) {
    NBM_UNROLL
    for (int k = 0; k < kDim; ++k) {
      const T step(net.omega * net.step[k]);
      first[k] = weight[kFirst + k];
      second_twice[k] = weight[kSecond + k] + weight[kSecond + k];
      first_step[k] = step * first[k];
      second_step[k] = step * second_twice[k];
    }
  }
};

// A neuron's part in the row, and its derivative by the argument of the sine. steps: as of sine_first_layer.
template <class T, class S>
NBM_HD void shallow_part(const ShallowRow<T>& row, T sine, T cosine, const S* steps, T& part, T& slope) {
  T p = row.value, r = row.first[0] * T(steps[0]);
  NBM_UNROLL
  for (int k = 1; k < kDim; ++k) r = r + row.first[k] * T(steps[k]);
  NBM_UNROLL
  for (int k = 0; k < kDim; ++k) p = p + row.second_twice[k] * T(steps[kDim + k]);
  part = sine * p + cosine * r;
  slope = cosine * p - sine * r;
}

// Adds `factor` times the derivatives of the part by the neuron's weights [kDim] and bias.
template <class T, class S>
NBM_HD void add_shallow_gradient(const SirenView<S>& net, const ShallowRow<T>& row, const T (&x)[kDim], T sine,
                                 T cosine, const S* steps, T slope, T factor, T (&sums)[kDim + 1]) {
  const T by_bias = T(net.omega) * factor * slope;
  sums[kDim] = sums[kDim] + by_bias;
  NBM_UNROLL
  for (int k = 0; k < kDim; ++k) {
    const T at_step = cosine + cosine * T(steps[kDim + k]);
    const T by_step = at_step * row.first_step[k] - sine * T(steps[k]) * row.second_step[k];
    sums[k] = sums[k] + by_bias * x[k] + factor * by_step;
  }
}

}  // namespace nbm
