#include "nbm/network/siren_point.hpp"
#include "training/layers_memory.hpp"

namespace nbm::cuda {
namespace {

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

template <class T, class S>
class LayersLane {
 public:
  static constexpr int W = S::width, N = S::neurons, Q = kQuantities, group = S::group, points = S::points;
  static constexpr int kSharedNumbers = S::shared_constants + kBlockWarps * points * S::of_point;

  // The parameters and the steps of the first layer.
  __device__ static void prepare(const SirenView<T>& net, T* shared) {
    for (int i = static_cast<int>(threadIdx.x); i < S::parameters; i += kBlockThreads) {
      shared[S::place(i)] = net.parameters[i];
    }
    for (int i = static_cast<int>(threadIdx.x); i < W * 2 * kDim; i += kBlockThreads) {
      shared[S::steps_place + i] = net.first_steps[i];
    }
  }

  __device__ LayersLane(const SirenView<T>& net, T* shared) : net_(net), member_(lane_index() % group) {
    net_.parameters = shared;
    net_.first_steps = shared + S::steps_place;
    const int place = lane_index() / group, slot = place < points ? place : points - 1;
    exchange_ = shared + S::shared_constants + (warp_in_block() * points + slot) * S::of_point;
  }

  // On every lane of the group.
  __device__ T residual(const FusedRow<T>& row) {
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      sine_first_layer(detail::first_preactivation(net_, neuron(n), row.x), steps(n), &post_[n][0], &cosine_[n]);
    }
    NBM_UNROLL
    for (int l = 0; l < S::hidden; ++l) {
      share(post_, cosine_, l);
      forward(l);
    }
    T weight[Q], part = T(0);
    weights_of(row, weight);
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      weighted_[n] = product(weight, post_[n]);
      part += output()[neuron(n)] * weighted_[n];
    }
    return output()[W] * row.weight[kValue] - row.rhs + group_sum<group>(part);
  }

  // Adds residual times the residual's derivatives, after residual().
  __device__ void add_gradient(const FusedRow<T>& row, T residual) {
    T weight[Q], adjoint[N][Q], post[N][Q];
    weights_of(row, weight);
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      by_output_[n] += residual * weighted_[n];
      NBM_UNROLL
      for (int q = 0; q < Q; ++q) adjoint[n][q] = output()[neuron(n)] * (residual * weight[q]);
    }
    by_output_bias_ += residual * weight[kValue];
    NBM_UNROLL
    for (int l = S::hidden - 1; l >= 0; --l) backward(l, adjoint, post);
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      T value, first[kDim], by_weight[kDim], by_bias;
      sine_first_layer_adjoint(post[n][kValue], cosine_[n], steps(n), adjoint[n], value, first);
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
        for (int j = 0; j < W; ++j) store(by_hidden_[l][n][j], true, layer + j * W + i);
        store(by_bias_[l][n], true, layer + W * W + i);
      }
      store(by_output_[n], true, sums + before_output + i);
    }
    store(by_output_bias_, member_ == 0, sums + before_output + W);
  }

 private:
  __device__ int neuron(int n) const { return member_ * N + n; }
  __device__ const T* steps(int n) const { return net_.first_steps + neuron(n) * 2 * kDim; }
  __device__ const T* output() const { return net_.parameters + S::output_place; }
  __device__ const T* layer(int l) const { return net_.parameters + S::first_size + l * S::layer_place; }
  // The weights of layer l from the neurons of one lane to those of another.
  using Block = Numbers<T, N * N>;
  __device__ Block weights_between(int l, int to, int from) const {
    return reinterpret_cast<const Block*>(layer(l))[to * group + from];
  }
  // Of the halves of second differences.
  __device__ static void weights_of(const FusedRow<T>& row, T (&weight)[Q]) {
    NBM_UNROLL
    for (int q = 0; q < Q; ++q) weight[q] = row.weight[q];
    double_second(weight);
  }

  // The own neurons' numbers to the places of layer l, where the group's other lanes find them.
  __device__ void share(const T (&quantities)[N][Q], const T (&more)[N], int l) {
    __syncwarp();
    if (points * group == kLanes || lane_index() < points * group) {
      NBM_UNROLL
      for (int n = 0; n < N; ++n) store_neuron(quantities[n], more[n], of_neuron(l, neuron(n)));
    }
    __syncwarp();
  }
  __device__ T* of_neuron(int l, int i) const { return exchange_ + l * S::layer_numbers + i * kStored; }

  // From the shared post-activations of layer l to the own ones of layer l + 1.
  __device__ void forward(int l) {
    const T* const biases = layer(l) + W * W;
    T pre[N][Q];
    Block block;
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      NBM_UNROLL
      for (int q = 0; q < Q; ++q) pre[n][q] = q == kValue ? biases[neuron(n)] : T(0);
    }
    NBM_UNROLL
    for (int j = 0; j < W; ++j) {
      if (j % N == 0) block = weights_between(l, member_, j / N);
      T input[Q];
      load_neuron(of_neuron(l, j), input);
      NBM_UNROLL
      for (int n = 0; n < N; ++n) {
        NBM_UNROLL
        for (int q = 0; q < Q; ++q) pre[n][q] += block.number[n * N + j % N] * input[q];
      }
    }
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      sine_differences(pre[n], &post_[n][0], &saved_[l][n][0]);
      cosine_[n] = saved_[l][n][kSavedCosine];
    }
  }

  // From the adjoint of the own post-activations of layer l + 1 to that of layer l, whose post-activations and cosines
  // come back. A lane sums the derivatives by the weights of its own inputs, so that it reads the adjoints of all
  // outputs, which it needs anyway, and nothing more.
  __device__ void backward(int l, T (&adjoint)[N][Q], T (&input)[N][Q]) {
    T unused[N] = {};
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      saved_[l][n][kSavedCosine] = cosine_[n];
      sine_differences_adjoint(&saved_[l][n][0], adjoint[n]);
      by_bias_[l][n] += adjoint[n][kValue];
      cosine_[n] = load_neuron(of_neuron(l, neuron(n)), input[n]);
    }
    share(adjoint, unused, l);
    T below[N][Q] = {};
    Block block;
    NBM_UNROLL
    for (int j = 0; j < W; ++j) {
      if (j % N == 0) block = weights_between(l, j / N, member_);
      T above[Q];
      load_neuron(of_neuron(l, j), above);
      NBM_UNROLL
      for (int n = 0; n < N; ++n) {
        add_product(above, input[n], by_hidden_[l][n][j]);
        NBM_UNROLL
        for (int q = 0; q < Q; ++q) below[n][q] += block.number[j % N * N + n] * above[q];
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
  T post_[N][Q], cosine_[N], weighted_[N];
  T saved_[S::hidden][N][kSaved];
  // By weights and biases of the first layer, by weights from own neurons of layer l to all of the next one and by own
  // biases of that, by weights and bias of the output.
  T by_first_[N][kDim + 1] = {}, by_hidden_[S::hidden][N][W] = {}, by_bias_[S::hidden][N] = {};
  T by_output_[N] = {}, by_output_bias_ = T(0);
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
