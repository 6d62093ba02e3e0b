#pragma once
#include "nbm/core/sincospi.hpp"
#include "nbm/network/siren_point.hpp"

// One hidden layer in a row of differences: the sum over q of weight[q] post[q] of a neuron is sine * p + cosine * r,
// where p and r depend on the point by the row's weights alone (nbm/network/sine.hpp: sine_first_layer). So do the
// derivatives by its parameters: what depends on the neuron alone is a factor of sums over the points.
namespace nbm {

// The constants of one neuron, in three accesses of four numbers.
template <class T>
struct alignas(4 * sizeof(T)) ShallowNeuron {
  T turn[kDim], turn_bias;      // omega / pi times weights and bias: the sine's argument is in half turns
  T sine_step[kDim], output;    // sin d_k; the weight in the output
  T second_step[kDim], unused;  // 2 (cos d_k - 1)
};

// Of neuron number i of a network with one hidden layer.
template <class S>
NBM_HD ShallowNeuron<S> shallow_neuron(const SirenView<S>& net, int i) {
  constexpr double pi = 3.14159265358979323846;
  const int width = net.width[0];
  const S *w = net.parameters + i * kDim, *steps = net.first_steps + i * 2 * kDim;
  const S half_turns = S(static_cast<double>(net.omega) / pi);
  ShallowNeuron<S> neuron;
  NBM_UNROLL
  for (int k = 0; k < kDim; ++k) {
    neuron.turn[k] = half_turns * w[k];
    neuron.sine_step[k] = steps[k];
    neuron.second_step[k] = steps[kDim + k] + steps[kDim + k];
  }
  neuron.turn_bias = half_turns * net.parameters[width * kDim + i];
  neuron.output = net.parameters[width * (kDim + 1) + i];
  neuron.unused = S(0);
  return neuron;
}

template <class T>
NBM_HD void shallow_wave(const ShallowNeuron<T>& neuron, const T (&x)[kDim], T& sine, T& cosine) {
  T turns = neuron.turn_bias;
  NBM_UNROLL
  for (int k = 0; k < kDim; ++k) turns = turns + neuron.turn[k] * x[k];
  sincospi(turns, sine, cosine);
}

// A neuron's part in a row of weights `weight`, and its derivative by the argument of the sine.
template <class T>
NBM_HD void shallow_part(const ShallowNeuron<T>& neuron, const T (&weight)[kQuantities], T sine, T cosine, T& part,
                         T& slope) {
  T p = weight[kValue], r = weight[kFirst] * neuron.sine_step[0];
  NBM_UNROLL
  for (int k = 1; k < kDim; ++k) r = r + weight[kFirst + k] * neuron.sine_step[k];
  NBM_UNROLL
  for (int k = 0; k < kDim; ++k) p = p + weight[kSecond + k] * neuron.second_step[k];
  part = sine * p + cosine * r;
  slope = cosine * p - sine * r;
}

// Derivatives of the sum over points of factor * part by the parameters of a neuron.
template <class T>
class ShallowSums {
 public:
  // At a point: `at` is factor * x, `weight` the row's weights times the factor.
  NBM_HD void add(const T (&at)[kDim], T factor, const T (&weight)[kQuantities], T sine, T cosine, T slope) {
    by_argument_ = by_argument_ + slope * factor;
    value_ = value_ + sine * weight[kValue];
    NBM_UNROLL
    for (int k = 0; k < kDim; ++k) {
      at_[k] = at_[k] + slope * at[k];
      first_[k] = first_[k] + cosine * weight[kFirst + k];
      second_[k] = second_[k] + sine * weight[kSecond + k];
    }
  }

  NBM_HD T by_output(const ShallowNeuron<T>& neuron) const {
    T sum = value_;
    NBM_UNROLL
    for (int k = 0; k < kDim; ++k) {
      sum = sum + (neuron.sine_step[k] * first_[k] + neuron.second_step[k] * second_[k]);
    }
    return sum;
  }
  template <class S>
  NBM_HD T by_bias(const SirenView<S>& net, const ShallowNeuron<T>& neuron) const {
    return T(net.omega) * neuron.output * by_argument_;
  }
  template <class S>
  NBM_HD T by_weight(const SirenView<S>& net, const ShallowNeuron<T>& neuron, int k) const {
    const T of_first = first_[k] + T(S(0.5)) * neuron.second_step[k] * first_[k];
    const T by_step = of_first - T(S(2)) * neuron.sine_step[k] * second_[k];
    return T(net.omega) * neuron.output * (at_[k] + T(net.step[k]) * by_step);
  }

 private:
  T by_argument_ = T(0), at_[kDim] = {};  // of factor * slope, and of that times x
  T value_ = T(0), first_[kDim] = {}, second_[kDim] = {};
};

}  // namespace nbm
