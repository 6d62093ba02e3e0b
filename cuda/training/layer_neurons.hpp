#pragma once
#include <type_traits>
#include <vector>

#include "core/warp.hpp"
#include "nbm/core/sincos.hpp"
#include "nbm/network/siren_point.hpp"
#include "training/fused_frame.hpp"
#include "training/lane_neurons.hpp"

// Values of networks with several hidden layers of one width, whose neurons are shared out to the lanes of a group.
#if defined(__CUDACC__) || defined(NBM_CUDA_ON_CPU)
namespace nbm::cuda {

// One lane's part of a network of D hidden layers of W neurons, that of one side, at one of the warp's points at a
// time: its neuron of each layer. A group of W lanes has a point, and meets in shared memory between layers.
// Derivatives stay in registers over all points: by the weights from the own neurons to those of the next layer, so
// that the adjoints of these serve both them and the own neurons' adjoints. The interface is that of LaneNeurons.
template <class T, int W, int D>
class LayerNeurons {
 public:
  static constexpr int terms = 1, group = W, points = kLanes / W;
  static constexpr int kExchange = 2 * points * W;  // numbers of shared memory of a warp
  static constexpr int blocks = 2;                  // of a multiprocessor, that registers are left for

  // exchange: [kExchange] of the warp
  __device__ LayerNeurons(const SirenView<T>& net, T* exchange)
      : net_(net), exchange_(exchange + (has_place() ? place() : points - 1) * W) {}

  __device__ static int place() { return lane_index() / group; }
  __device__ static int member() { return lane_index() % group; }
  // Lanes beyond the last group have no point.
  __device__ static bool has_place() { return points * group == kLanes || place() < points; }
  __device__ static T sum(T part) { return group_sum<group>(part); }

  // The value of a network of this shape, by one thread alone.
  __device__ static T value(const SirenView<T>& net, const T (&x)[kDim]) {
    T post[W], above[W];
    NBM_UNROLL
    for (int i = 0; i < W; ++i) post[i] = sine_of(detail::first_preactivation(net, i, x));
#pragma unroll 1
    for (int l = 0; l < hidden; ++l) {
      const T* const weights = layer(net, l);
      NBM_UNROLL
      for (int i = 0; i < W; ++i) {
        T z = weights[W * W + i];
        NBM_UNROLL
        for (int j = 0; j < W; ++j) z += weights[i * W + j] * post[j];
        above[i] = sine_of(z);
      }
      NBM_UNROLL
      for (int i = 0; i < W; ++i) post[i] = above[i];
    }
    const T* const out = layer(net, hidden);
    T u = out[W];
    NBM_UNROLL
    for (int i = 0; i < W; ++i) u += out[i] * post[i];
    return u;
  }

  // The lane's part of weight times the value at x, of which sum() is the whole.
  __device__ T part(const T (&x)[kDim], const T (&weight)[terms]) {
    visit(x);
    const T* const out = layer(net_, hidden);
    const T own = out[member()] * post_[D - 1];
    return weight[0] * (member() == 0 ? own + out[W] : own);
  }

  // Sines and cosines of the neurons at x.
  __device__ void visit(const T (&x)[kDim]) {
    sincos(detail::first_preactivation(net_, member(), x), post_[0], cosine_[0]);
    NBM_UNROLL
    for (int l = 0; l < hidden; ++l) {
      const T* const below = share(post_[l]);
      const T* const weights = layer(net_, l);
      T z = weights[W * W + member()];
      NBM_UNROLL
      for (int j = 0; j < W; ++j) z += weights[member() * W + j] * below[j];
      sincos(z, post_[l + 1], cosine_[l + 1]);
    }
  }

  // Adds the derivatives of seed times the value at x, where visit() or part() was last.
  __device__ void add(const T (&x)[kDim], const T (&seed)[terms]) {
    by_output_ += seed[0] * post_[D - 1];
    by_output_bias_ += seed[0];
    T adjoint = seed[0] * layer(net_, hidden)[member()];
    NBM_UNROLL
    for (int l = hidden - 1; l >= 0; --l) {
      adjoint *= cosine_[l + 1];
      by_bias_[l] += adjoint;
      const T* const above = share(adjoint);
      const T* const weights = layer(net_, l) + member();
      adjoint = T(0);
      NBM_UNROLL
      for (int i = 0; i < W; ++i) {
        by_hidden_[l][i] += above[i] * post_[l];
        adjoint += weights[i * W] * above[i];
      }
    }
    const T slope = net_.omega * adjoint * cosine_[0];
    NBM_UNROLL
    for (int k = 0; k < kDim; ++k) by_first_[k] += slope * x[k];
    by_first_[kDim] += slope;
  }

  // The sums of all derivatives over the points of the warp to the sink.
  template <class Sink>
  __device__ void store(Sink sink) const {
    const int own = member();
    NBM_UNROLL
    for (int k = 0; k < kDim; ++k) store(by_first_[k], true, own * kDim + k, sink);
    store(by_first_[kDim], true, W * kDim + own, sink);
    NBM_UNROLL
    for (int l = 0; l < hidden; ++l) {
      const int layer = first_size + l * layer_size;
      NBM_UNROLL
      for (int i = 0; i < W; ++i) store(by_hidden_[l][i], true, layer + i * W + own, sink);
      store(by_bias_[l], true, layer + W * W + own, sink);
    }
    constexpr int out = first_size + hidden * layer_size;
    store(by_output_, true, out + own, sink);
    store(by_output_bias_, own == 0, out + W, sink);
  }

 private:
  static constexpr int hidden = D - 1, first_size = W * (kDim + 1), layer_size = W * (W + 1);
  static_assert(hidden > 0 && points > 0);

  // Weights and biases between hidden layers l and l + 1; behind them those of the output.
  __device__ static const T* layer(const SirenView<T>& net, int l) {
    return net.parameters + first_size + l * layer_size;
  }
  template <class Sink>
  __device__ static void store(T of_lane, bool mine, int parameter, Sink& sink) {
    const T sum = sum_of_points<group, points>(of_lane);
    if (mine && lane_index() < group) sink.add(parameter, sum);
  }

  // The numbers of the group's lanes, until the call after the next: there are two places, in turn, so that one barrier
  // does.
  __device__ const T* share(T number) {
    T* const numbers = exchange_ + turn_ * points * W;
    turn_ = 1 - turn_;
    if (has_place()) numbers[member()] = number;
    __syncwarp();
    return numbers;
  }

  SirenView<T> net_;
  T* exchange_;
  int turn_ = 0;
  T post_[D] = {}, cosine_[D] = {};
  T by_first_[kDim + 1] = {}, by_hidden_[hidden][W] = {}, by_bias_[hidden] = {}, by_output_ = T(0);
  T by_output_bias_ = T(0);
};

template <int W, int D>
struct LayerShape {
  template <class T>
  using Neurons = LayerNeurons<T, W, D>;

  static bool fits(const std::vector<int>& widths) { return widths == std::vector<int>(D, W); }
};
// For one network in the registers of a lane, and for both: as many layers as these hold.
using LayerShapes = Menu<LayerShape<10, 2>, LayerShape<10, 3>, LayerShape<10, 4>, LayerShape<10, 5>, LayerShape<10, 6>,
                         LayerShape<10, 7>>;
template <class T>
using BothLayerShapes =
    std::conditional_t<std::is_same_v<T, float>, LayerShapes, Menu<LayerShape<10, 2>, LayerShape<10, 3>>>;

// Calls use(type) for a network that fits, with the std::type_identity of its neurons: LaneNeurons or, for values, one
// of the shapes of several layers. False if none does.
template <class T, bool Differences, class Shapes, class Use>
bool choose_neurons(const Siren& siren, Use use) {
  if (fits_lanes(siren)) {
    with_lane_neurons(siren,
                      [&](auto n) { use(std::type_identity<LaneNeurons<T, decltype(n)::value, Differences>>{}); });
    return true;
  }
  if constexpr (Differences) return false;
  return Shapes::choose(siren,
                        [&](auto shape) { use(std::type_identity<typename decltype(shape)::template Neurons<T>>{}); });
}

}  // namespace nbm::cuda
#endif
