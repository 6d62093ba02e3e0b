#pragma once
#include <type_traits>

#include "core/warp.hpp"
#include "nbm/network/siren.hpp"
#include "nbm/rows/point_row.hpp"
#include "network/device_networks.hpp"

// Networks with one hidden layer whose neurons are shared out to the lanes of a warp.
namespace nbm::cuda {

constexpr int kMostLaneNeurons = 4;  // of a lane: what its registers hold

inline bool fits_lanes(const Siren& siren) {
  return siren.hidden.size() == 1 && siren.hidden.front() <= kMostLaneNeurons * kLanes;
}

// Calls use(number of neurons of a lane) for a network that fits, the number being a constant of a type.
template <class Use>
void with_lane_neurons(const Siren& siren, Use use) {
  switch ((siren.hidden.front() + kLanes - 1) / kLanes) {
    case 1: return use(std::integral_constant<int, 1>{});
    case 2: return use(std::integral_constant<int, 2>{});
    case 3: return use(std::integral_constant<int, 3>{});
    default: return use(std::integral_constant<int, kMostLaneNeurons>{});
  }
}

#if defined(__CUDACC__) || defined(NBM_CUDA_ON_CPU)

// One lane's part of the network of one side, at one point at a time: its neurons are those of number `lane + 32 i`.
// The derivatives by their parameters stay in registers over all points, so that no two lanes ever add to one number.
// Terms of a point: its value or, with Differences, those of point_row.hpp.
template <class T, int N, bool Differences>
class LaneNeurons {
 public:
  static constexpr int terms = Differences ? kPointTerms : 1;
  static constexpr int points = 1;     // that a warp has at a time
  static constexpr int kExchange = 0;  // numbers of shared memory that a warp needs
  static constexpr int blocks = 4;     // of a multiprocessor, that registers are left for: those of a launch at once

  __device__ LaneNeurons(const SirenView<T>& net, T* /*exchange*/) : net_(net), width_(net.width[0]) {}

  // Which of the points a lane works on, as what number, and whether on any.
  __device__ static int place() { return 0; }
  __device__ static int member() { return lane_index(); }
  __device__ static bool has_place() { return true; }
  // Of the parts of a point's lanes, on each of them.
  __device__ static T sum(T part) { return warp_sum(part); }

  // The value of a network of this shape, by one thread alone.
  __device__ T value(const SirenView<T>& net, const T (&x)[kDim]) const {
    const T* const out = net.parameters + width_ * (kDim + 1);
    T sum = out[width_];
#pragma unroll 4
    for (int n = 0; n < width_; ++n) sum += out[n] * sine_of(detail::first_preactivation(net, n, x));
    return sum;
  }

  // The lane's part of the sum over q of weight[q] times term q at x.
  __device__ T part(const T (&x)[kDim], const T (&weight)[terms]) {
    visit(x);
    T sum = lane_index() == 0 ? output(width_) * weight[0] : T(0);
    NBM_UNROLL
    for (int i = 0; i < N; ++i) {
      if (neuron(i) < width_) sum += output(neuron(i)) * weighted(i, weight);
    }
    return sum;
  }

  // Adds the derivatives of the sum over q of seed[q] times term q at x, where visit() or part() was last.
  __device__ void add(const T (&x)[kDim], const T (&seed)[terms]) {
    NBM_UNROLL
    for (int i = 0; i < N; ++i) {
      const int n = neuron(i);
      if (n >= width_) continue;
      by_output_[i] += weighted(i, seed);
      if constexpr (Differences) {
        T adjoint[kQuantities] = {}, value, first[kDim], by_weight[kDim], by_bias;
        NBM_UNROLL
        for (int q = 0; q < terms; ++q) adjoint[q] = output(n) * seed[q];
        sine_first_layer_adjoint(sine_[i], cosine_[i], net_.first_steps + n * 2 * kDim, adjoint, value, first);
        detail::first_layer_gradient(net_, x, value, first, by_weight, by_bias);
        NBM_UNROLL
        for (int k = 0; k < kDim; ++k) by_weight_[i][k] += by_weight[k];
        by_bias_[i] += by_bias;
      } else {
        const T slope = net_.omega * (seed[0] * output(n)) * cosine_[i];
        NBM_UNROLL
        for (int k = 0; k < kDim; ++k) by_weight_[i][k] += slope * x[k];
        by_bias_[i] += slope;
      }
    }
    by_output_bias_ += seed[0];
  }

  // Sine and cosine of the neurons at x.
  __device__ void visit(const T (&x)[kDim]) {
    NBM_UNROLL
    for (int i = 0; i < N; ++i) {
      if (neuron(i) < width_) sincos(detail::first_preactivation(net_, neuron(i), x), sine_[i], cosine_[i]);
    }
  }

  // All derivatives to the sink.
  template <class Sink>
  __device__ void store(Sink sink) const {
    NBM_UNROLL
    for (int i = 0; i < N; ++i) {
      const int n = neuron(i);
      if (n >= width_) continue;
      NBM_UNROLL
      for (int k = 0; k < kDim; ++k) sink.add(n * kDim + k, by_weight_[i][k]);
      sink.add(width_ * kDim + n, by_bias_[i]);
      sink.add(width_ * (kDim + 1) + n, by_output_[i]);
    }
    if (lane_index() == 0) sink.add(width_ * (kDim + 2), by_output_bias_);
  }

 private:
  __device__ static int neuron(int i) { return lane_index() + i * kLanes; }
  // The weight of neuron n in the output; that of number width_ is the bias.
  __device__ T output(int n) const { return net_.parameters[width_ * (kDim + 1) + n]; }
  // sum over q of weight[q] times the neuron's part of term q.
  __device__ T weighted(int i, const T (&weight)[terms]) const {
    T sum = weight[0] * sine_[i];
    if constexpr (Differences) {
      NBM_UNROLL
      for (int k = 0; k < kDim; ++k) {
        sum += weight[kFirst + k] * (cosine_[i] * net_.first_steps[neuron(i) * 2 * kDim + k]);
      }
    }
    return sum;
  }

  SirenView<T> net_;
  int width_;
  T sine_[N] = {}, cosine_[N] = {};
  T by_weight_[N][kDim] = {}, by_bias_[N] = {}, by_output_[N] = {}, by_output_bias_ = T(0);
};

#endif

}  // namespace nbm::cuda
