#include "nbm/network/siren_point.hpp"
#include "training/fused_frame.hpp"

namespace nbm::cuda {
namespace {

// The quantities of a neuron in shared memory, with one number of padding: two accesses.
template <class T>
struct alignas(kQuad * sizeof(T)) Quad {
  T number[kQuad];
};
constexpr int kStored = 2 * kQuad;
static_assert(kStored >= kQuantities);

template <class T>
__device__ inline void store(const T (&from)[kQuantities], T* to) {
  Quad<T> low, high;
  NBM_UNROLL
  for (int q = 0; q < kQuad; ++q) {
    low.number[q] = from[q];
    high.number[q] = q + kQuad < kQuantities ? from[(q + kQuad) % kQuantities] : T(0);
  }
  reinterpret_cast<Quad<T>*>(to)[0] = low;
  reinterpret_cast<Quad<T>*>(to)[1] = high;
}
template <class T>
__device__ inline void load(const T* from, T (&to)[kQuantities]) {
  const Quad<T> low = reinterpret_cast<const Quad<T>*>(from)[0], high = reinterpret_cast<const Quad<T>*>(from)[1];
  NBM_UNROLL
  for (int q = 0; q < kQuantities; ++q) to[q] = q < kQuad ? low.number[q % kQuad] : high.number[q % kQuad];
}

template <class T>
__device__ inline T product(const T (&a)[kQuantities], const T (&b)[kQuantities]) {
  T sum = a[0] * b[0];
  NBM_UNROLL
  for (int q = 1; q < kQuantities; ++q) sum += a[q] * b[q];
  return sum;
}
// Term by term: an operation less than to add the product.
template <class T>
__device__ inline void add_product(const T (&a)[kQuantities], const T (&b)[kQuantities], T& sum) {
  NBM_UNROLL
  for (int q = 0; q < kQuantities; ++q) sum += a[q] * b[q];
}

// D hidden layers of W neurons, N of which belong to each lane of a point's group.
template <int W, int D, int N>
struct Shape {
  static constexpr int width = W, depth = D, neurons = N;
  static constexpr int group = W / N;            // lanes of a point
  static constexpr int points = kLanes / group;  // of a warp; lanes beyond have none
  static constexpr int hidden = depth - 1;
  static constexpr int blocks = D > 3 ? 2 : 3;  // of a multiprocessor, that registers are left for
  static constexpr int first_size = W * (kDim + 1), layer_size = W * (W + 1);
  static constexpr int parameters = first_size + hidden * layer_size + W + 1;
  static constexpr int constants = parameters + W * 2 * kDim;  // with the steps of the first layer
  // Numbers of a point in shared memory: post-activations of all layers but the last, and adjoints of one. The padding
  // puts the points of a warp in different banks.
  static constexpr int padding = kQuad;
  static constexpr int post = W * kStored;
  static constexpr int of_point = D * post + padding, adjoints = hidden * post;
  static constexpr int shared_constants = (constants + kQuad - 1) / kQuad * kQuad;
  static_assert(W % N == 0, "the neurons fill the lanes of a group");
  static_assert(hidden > 0 && points > 0);

  static bool fits(const std::vector<int>& widths) { return widths == std::vector<int>(D, W); }
};

template <class T, class S>
class LayersLane {
 public:
  static constexpr int W = S::width, N = S::neurons, Q = kQuantities, group = S::group, points = S::points;
  static constexpr int kSharedNumbers = S::shared_constants + kBlockWarps * points * S::of_point;

  // The parameters and the steps of the first layer.
  __device__ static void prepare(const SirenView<T>& net, T* shared) {
    for (int i = static_cast<int>(threadIdx.x); i < S::constants; i += kBlockThreads) {
      shared[i] = i < S::parameters ? net.parameters[i] : net.first_steps[i - S::parameters];
    }
  }

  __device__ LayersLane(const SirenView<T>& net, T* shared) : net_(net), member_(lane_index() % group) {
    net_.parameters = shared;
    net_.first_steps = shared + S::parameters;
    const int place = lane_index() / group, slot = place < points ? place : points - 1;
    exchange_ = shared + S::shared_constants + (warp_in_block() * points + slot) * S::of_point;
  }

  // On every lane of the group.
  __device__ T residual(const FusedRow<T>& row) {
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      sine_first_layer(detail::first_preactivation(net_, neuron(n), row.x), steps(n), &post_[n][0], &cosine_[n]);
      sine_[n] = post_[n][kValue];
    }
    NBM_UNROLL
    for (int l = 0; l < S::hidden; ++l) {
      share(post_, l * S::post);
      forward(l);
    }
    T part = T(0);
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      weighted_[n] = product(row.weight, post_[n]);
      part += output()[neuron(n)] * weighted_[n];
    }
    return output()[W] * row.weight[kValue] - row.rhs + group_sum<group>(part);
  }

  // Adds residual times the residual's derivatives, after residual().
  __device__ void add_gradient(const FusedRow<T>& row, T residual) {
    T adjoint[N][Q];
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      by_output_[n] += residual * weighted_[n];
      NBM_UNROLL
      for (int q = 0; q < Q; ++q) adjoint[n][q] = output()[neuron(n)] * (residual * row.weight[q]);
    }
    by_output_bias_ += residual * row.weight[kValue];
    NBM_UNROLL
    for (int l = S::hidden - 1; l >= 0; --l) backward(l, adjoint);
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      T value, first[kDim], by_weight[kDim], by_bias;
      sine_first_layer_adjoint(sine_[n], cosine_[n], steps(n), adjoint[n], value, first);
      detail::first_layer_gradient(net_, row.x, value, first, by_weight, by_bias);
      NBM_UNROLL
      for (int k = 0; k < kDim; ++k) by_first_[n][k] += by_weight[k];
      by_first_[n][kDim] += by_bias;
    }
  }

  // The sums over the points of the warp, in the order of siren.hpp.
  __device__ void store_gradient(T* sums) const {
    constexpr int before_output = S::first_size + S::hidden * S::layer_size;
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      const int i = neuron(n);
      NBM_UNROLL
      for (int k = 0; k < kDim; ++k) store(by_first_[n][k], true, sums + i * kDim + k);
      store(by_first_[n][kDim], true, sums + W * kDim + i);
      NBM_UNROLL
      for (int l = 0; l < S::hidden; ++l) {
        T* const layer = sums + S::first_size + l * S::layer_size;
        NBM_UNROLL
        for (int j = 0; j < W; ++j) store(by_hidden_[l][n][j], true, layer + i * W + j);
        store(by_hidden_[l][n][W], true, layer + W * W + i);
      }
      store(by_output_[n], true, sums + before_output + i);
    }
    store(by_output_bias_, member_ == 0, sums + before_output + W);
  }

 private:
  __device__ int neuron(int n) const { return member_ * N + n; }
  __device__ const T* steps(int n) const { return net_.first_steps + neuron(n) * 2 * kDim; }
  __device__ const T* output() const { return net_.parameters + S::parameters - 1 - W; }
  __device__ const T* layer(int l) const { return net_.parameters + S::first_size + l * S::layer_size; }

  // The own neurons' quantities to where the group's other lanes find them.
  __device__ void share(const T (&quantities)[N][Q], int at) {
    __syncwarp();
    if (points * group == kLanes || lane_index() < points * group) {
      NBM_UNROLL
      for (int n = 0; n < N; ++n) cuda::store(quantities[n], exchange_ + at + neuron(n) * kStored);
    }
    __syncwarp();
  }

  // From the shared post-activations of layer l to the own ones of layer l + 1.
  __device__ void forward(int l) {
    const T* const weights = layer(l);
    T pre[N][Q];
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      NBM_UNROLL
      for (int q = 0; q < Q; ++q) pre[n][q] = q == kValue ? weights[W * W + neuron(n)] : T(0);
    }
    NBM_UNROLL
    for (int j = 0; j < W; ++j) {
      T input[Q];
      load(exchange_ + l * S::post + j * kStored, input);
      NBM_UNROLL
      for (int n = 0; n < N; ++n) {
        const T weight = weights[neuron(n) * W + j];
        NBM_UNROLL
        for (int q = 0; q < Q; ++q) pre[n][q] += weight * input[q];
      }
    }
    NBM_UNROLL
    for (int n = 0; n < N; ++n) sine_differences(pre[n], &post_[n][0], &saved_[l][n][0]);
  }

  // From the adjoint of the own post-activations of layer l + 1 to that of layer l.
  __device__ void backward(int l, T (&adjoint)[N][Q]) {
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      sine_differences_adjoint(&saved_[l][n][0], adjoint[n]);
      by_hidden_[l][n][W] += adjoint[n][kValue];
    }
    share(adjoint, S::adjoints);
    const T* const weights = layer(l);
    T below[N][Q] = {};
    NBM_UNROLL
    for (int j = 0; j < W; ++j) {
      T input[Q], above[Q];
      load(exchange_ + l * S::post + j * kStored, input);
      load(exchange_ + S::adjoints + j * kStored, above);
      NBM_UNROLL
      for (int n = 0; n < N; ++n) {
        add_product(adjoint[n], input, by_hidden_[l][n][j]);
        const T weight = weights[j * W + neuron(n)];
        NBM_UNROLL
        for (int q = 0; q < Q; ++q) below[n][q] += weight * above[q];
      }
    }
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      NBM_UNROLL
      for (int q = 0; q < Q; ++q) adjoint[n][q] = below[n][q];
    }
  }

  __device__ static void store(T of_lane, bool mine, T* to) { store_sum<group, points>(of_lane, mine, to); }

  SirenView<T> net_;
  int member_;
  T* exchange_;
  T post_[N][Q], sine_[N], cosine_[N], weighted_[N];
  T saved_[S::hidden][N][kSaved];
  T by_first_[N][kDim + 1] = {}, by_hidden_[S::hidden][N][W + 1] = {}, by_output_[N] = {}, by_output_bias_ = T(0);
};

template <class T, class S>
__global__ void __launch_bounds__(kBlockThreads, S::blocks)
    fused_layers_kernel(NetworkPair<T> nets, BothDifferenceRows both, WarpMemory<T> memory) {
  NBM_DYN_SHARED(T, shared);
  fused_rows<T, LayersLane<T, S>>(nets, both, memory, shared);
}

template <class S>
void launch(const Launch& launch, const NetworkPair<float>& nets, const BothDifferenceRows& rows,
            const WarpMemory<float>& memory) {
  constexpr std::size_t bytes = fused_bytes<float, LayersLane<float, S>>();
  static_assert(bytes <= 48 * 1024, "more shared memory must be asked for");
  NBM_LAUNCH((fused_layers_kernel<float, S>), kSides * launch.warps / kBlockWarps, kBlockThreads, bytes, launch.stream,
             nets, rows, memory);
}

// As many neurons a lane as its registers hold (benchmarks/results/registers.md).
using Shapes =
    Menu<Shape<10, 2, 2>, Shape<10, 3, 2>, Shape<10, 4, 2>, Shape<10, 5, 2>, Shape<10, 6, 1>, Shape<10, 7, 1>>;

}  // namespace

bool has_fused_layers(const Siren& siren) {
  return Shapes::choose(siren, [](auto) {});
}

void launch_fused_layers(const Launch& to, const Siren& siren, const NetworkPair<float>& nets,
                         const BothDifferenceRows& rows, const WarpMemory<float>& memory) {
  Shapes::choose(siren, [&](auto shape) { launch<decltype(shape)>(to, nets, rows, memory); });
}

}  // namespace nbm::cuda
