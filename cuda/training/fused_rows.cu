#include <vector>

#include "core/warp.hpp"
#include "nbm/network/shallow_point.hpp"
#include "training/fused_rows.hpp"

namespace nbm::cuda {
namespace {

constexpr int kQuad = 4;  // numbers of one access of shared memory

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

// D hidden layers of W neurons, N of which belong to each lane of a point's group. A network with one hidden layer may
// be narrower: it is widened by neurons of weight zero.
template <int W, int D, int N>
struct Shape {
  static constexpr int width = W, depth = D, neurons = N;
  static constexpr int group = W / N;            // lanes of a point
  static constexpr int points = kLanes / group;  // of a warp; lanes beyond have none
  static constexpr int hidden = depth - 1;
  static constexpr int first_size = W * (kDim + 1), layer_size = W * (W + 1);
  static constexpr int parameters = first_size + hidden * layer_size + W + 1;
  static constexpr int constants = parameters + W * 2 * kDim;  // with the steps of the first layer
  // Numbers of a point in shared memory: post-activations of all layers, and adjoints of one. The padding puts the
  // points of a warp in different banks. Nothing is exchanged where there is one hidden layer.
  static constexpr int padding = kQuad;
  static constexpr int post = W * kStored;
  static constexpr int of_point = hidden > 0 ? (D + 1) * post + padding : 0;
  static constexpr int shared_constants = (constants + kQuad - 1) / kQuad * kQuad;
  static constexpr int shared = shared_constants + kBlockWarps * points * of_point;
  static_assert(W % N == 0, "the neurons fill the lanes of a group");
  static_assert(points > 0);

  static bool fits(const std::vector<int>& widths) {
    return hidden > 0 ? widths == std::vector<int>(D, W) : widths.size() == 1 && widths[0] <= W;
  }
};

// One lane's part in the work on points.
template <class T, class S>
class FusedLane {
 public:
  static constexpr int W = S::width, N = S::neurons, Q = kQuantities;

  // shared: S::shared numbers, the constants already there. width: {W}
  __device__ FusedLane(const SirenView<T>& net, T* shared, const int* width)
      : net_(net), place_(lane_index() / S::group), member_(lane_index() % S::group) {
    net_.parameters = shared;
    net_.first_steps = shared + S::parameters;
    net_.width = width;
    const int slot = place_ < S::points ? place_ : S::points - 1;
    exchange_ = shared + S::shared_constants + (warp_in_block() * S::points + slot) * S::of_point;
  }

  __device__ bool has_place() const { return place_ < S::points; }
  __device__ int place() const { return place_; }

  // The residual, on every lane of the group.
  __device__ T residual(const T (&x)[kDim], const T (&weight)[Q], T rhs) {
    if constexpr (S::hidden == 0) {
      weigh_first_layer(x, weight);
    } else {
      weigh_layers(x, weight);
    }
    T part = T(0);
    NBM_UNROLL
    for (int n = 0; n < N; ++n) part += output()[neuron(n)] * weighted_[n];
    T sum = output()[W] * weight[kValue] - rhs;
    const int first = lane_index() - member_;
    for (int member = 0; member < S::group; ++member) sum += __shfl_sync(~0U, part, (first + member) % kLanes);
    return sum;
  }

  // Adds residual times the residual's derivatives, after residual().
  __device__ void add_gradient(const T (&x)[kDim], const T (&weight)[Q], T residual) {
    NBM_UNROLL
    for (int n = 0; n < N; ++n) by_output_[n] += residual * weighted_[n];
    by_output_bias_ += residual * weight[kValue];
    if constexpr (S::hidden == 0) {
      const ShallowRow<T> row(net_, weight);
      NBM_UNROLL
      for (int n = 0; n < N; ++n) {
        add_shallow_gradient(net_, row, x, sine_[n], cosine_[n], steps(n), slope_[n], output()[neuron(n)] * residual,
                             by_first_[n]);
      }
    } else {
      add_layers_gradient(x, weight, residual);
    }
  }

  // The sums over the points of the warp, in the order of siren.hpp, for a first layer of `width` neurons.
  __device__ void store_gradient(int width, T* sums) const {
    const int before_output = width * (kDim + 1) + S::hidden * S::layer_size;
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      const int i = neuron(n);
      const bool mine = i < width;
      NBM_UNROLL
      for (int k = 0; k < kDim; ++k) store_sum(by_first_[n][k], mine, sums + i * kDim + k);
      store_sum(by_first_[n][kDim], mine, sums + width * kDim + i);
      NBM_UNROLL
      for (int l = 0; l < S::hidden; ++l) {
        T* const layer = sums + S::first_size + l * S::layer_size;
        NBM_UNROLL
        for (int j = 0; j < W; ++j) store_sum(by_hidden_[l][n][j], mine, layer + i * W + j);
        store_sum(by_hidden_[l][n][W], mine, layer + W * W + i);
      }
      store_sum(by_output_[n], mine, sums + before_output + i);
    }
    store_sum(by_output_bias_, member_ == 0, sums + before_output + width);
  }

 private:
  __device__ int neuron(int n) const { return member_ * N + n; }
  __device__ const T* steps(int n) const { return net_.first_steps + neuron(n) * 2 * kDim; }
  __device__ const T* output() const { return net_.parameters + S::parameters - 1 - W; }
  __device__ const T* layer(int l) const { return net_.parameters + S::first_size + l * S::layer_size; }

  // What the row makes of the own neurons of one hidden layer.
  __device__ void weigh_first_layer(const T (&x)[kDim], const T (&weight)[Q]) {
    const ShallowRow<T> row(net_, weight);
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      sincos(detail::first_preactivation(net_, neuron(n), x), sine_[n], cosine_[n]);
      shallow_part(row, sine_[n], cosine_[n], steps(n), weighted_[n], slope_[n]);
    }
  }

  // The same of the last of several layers.
  __device__ void weigh_layers(const T (&x)[kDim], const T (&weight)[Q]) {
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      sine_first_layer(detail::first_preactivation(net_, neuron(n), x), steps(n), &post_[n][0], &cosine_[n]);
      sine_[n] = post_[n][kValue];
    }
    NBM_UNROLL
    for (int l = 0; l < S::hidden; ++l) {
      share(post_, l);
      forward(l);
    }
    NBM_UNROLL
    for (int n = 0; n < N; ++n) weighted_[n] = product(weight, post_[n]);
  }

  // Derivatives by what is below the output layer.
  __device__ void add_layers_gradient(const T (&x)[kDim], const T (&weight)[Q], T residual) {
    T adjoint[N][Q];
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      NBM_UNROLL
      for (int q = 0; q < Q; ++q) adjoint[n][q] = output()[neuron(n)] * (residual * weight[q]);
    }
    NBM_UNROLL
    for (int l = S::hidden - 1; l >= 0; --l) backward(l, adjoint);
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      T value, first[kDim], by_weight[kDim], by_bias;
      sine_first_layer_adjoint(sine_[n], cosine_[n], steps(n), adjoint[n], value, first);
      detail::first_layer_gradient(net_, x, value, first, by_weight, by_bias);
      NBM_UNROLL
      for (int k = 0; k < kDim; ++k) by_first_[n][k] += by_weight[k];
      by_first_[n][kDim] += by_bias;
    }
  }

  // The own neurons' quantities to where the group's other lanes find them.
  __device__ void share(const T (&quantities)[N][Q], int slot) {
    __syncwarp();
    if (has_place()) {
      NBM_UNROLL
      for (int n = 0; n < N; ++n) store(quantities[n], exchange_ + slot * S::post + neuron(n) * kStored);
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
    share(adjoint, S::depth);
    const T* const weights = layer(l);
    T below[N][Q] = {};
    NBM_UNROLL
    for (int j = 0; j < W; ++j) {
      T input[Q], above[Q];
      load(exchange_ + l * S::post + j * kStored, input);
      load(exchange_ + S::depth * S::post + j * kStored, above);
      NBM_UNROLL
      for (int n = 0; n < N; ++n) {
        by_hidden_[l][n][j] += product(adjoint[n], input);
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

  __device__ void store_sum(T of_lane, bool mine, T* to) const {
    T sum = T(0);
    for (int p = 0; p < S::points; ++p) sum += __shfl_sync(~0U, of_lane, p * S::group + member_);
    if (mine && place_ == 0) *to = sum;
  }

  static constexpr int kHidden = S::hidden > 0 ? S::hidden : 1, kInputs = S::hidden > 0 ? W : 0;

  SirenView<T> net_;
  int place_, member_;
  T* exchange_;
  T post_[N][Q], sine_[N], cosine_[N], weighted_[N];
  T slope_[N];  // of one hidden layer
  T saved_[kHidden][N][kSaved];
  T by_first_[N][kDim + 1] = {}, by_hidden_[kHidden][N][kInputs + 1] = {}, by_output_[N] = {}, by_output_bias_ = T(0);
};

// Number i of a network of shape S: its parameters and the steps of its first layer, with zeros for the neurons that
// one hidden layer lacks.
template <class S, class T>
__device__ T constant_of(const SirenView<T>& net, int i) {
  const int step = i - S::parameters;
  if (S::hidden > 0) return step < 0 ? net.parameters[i] : net.first_steps[step];
  const int width = net.width[0];
  if (step >= 0) return step < width * 2 * kDim ? net.first_steps[step] : T(0);
  if (i < S::width * kDim) return i < width * kDim ? net.parameters[i] : T(0);
  const int neuron = i % S::width, part = i / S::width;  // weights of the first layer, its biases, the output's weights
  if (part == kDim + 2) return net.parameters[width * (kDim + 2)];
  return neuron < width ? net.parameters[width * part + neuron] : T(0);
}

// Blocks of a multiprocessor that registers must be left for, 0: as the compiler sees fit. It would give the largest
// shape of one hidden layer two on targets where three need no spills (benchmarks/results/registers.md).
template <class S>
constexpr int least_blocks() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 900
  return S::hidden == 0 && S::neurons > 8 && S::group <= 8 ? 3 : 0;
#else
  return 0;
#endif
}

constexpr std::size_t kStaticShared = sizeof(int);  // of fused_rows_kernel

template <class T, class S>
__global__ void __launch_bounds__(kBlockThreads, least_blocks<S>())
    fused_rows_kernel(NetworkPair<T> nets, BothDifferenceRows both, WarpMemory<T> memory) {
  NBM_DYN_SHARED(T, shared);
  const SirenView<T>& net = nets.side[blockIdx.y];
  const DeviceDifferenceRows& rows = both.side[blockIdx.y];
  for (int i = static_cast<int>(threadIdx.x); i < S::constants; i += kBlockThreads) {
    shared[i] = constant_of<S>(net, i);
  }
  __shared__ int width;
  if (threadIdx.x == 0) width = S::width;
  __syncthreads();
  FusedLane<T, S> lane(net, shared, &width);
  const index_t count = *rows.count;
  const bool gradient = memory.sums != nullptr;
  double squares = 0;
  for (index_t first = warp_index() * S::points; first < count; first += warp_count() * S::points) {
    const index_t wanted = first + lane.place();
    const bool valid = lane.has_place() && wanted < count;
    const index_t i = valid ? wanted : count - 1;
    T x[kDim], weight[kQuantities];
    weight[kValue] = static_cast<T>(rows.value[i]);
    NBM_UNROLL
    for (int k = 0; k < kDim; ++k) {
      x[k] = static_cast<T>(rows.x[k][i]);
      weight[kFirst + k] = static_cast<T>(rows.first[k][i]);
      weight[kSecond + k] = static_cast<T>(rows.second[k][i]);
    }
    T residual = lane.residual(x, weight, static_cast<T>(rows.rhs[i]));
    if (!valid) residual = T(0);
    if (lane_index() % S::group == 0) squares += static_cast<double>(residual * residual);
    if (gradient) lane.add_gradient(x, weight, residual);
  }
  const index_t unit = blockIdx.y * warp_count() + warp_index();
  if (gradient) lane.store_gradient(net.width[0], memory.sums + unit * memory.parameters);
  squares = warp_sum(squares);
  if (lane_index() == 0) memory.squares[unit] = squares;
}

template <class S>
void launch(const Launch& launch, const NetworkPair<float>& nets, const BothDifferenceRows& rows,
            const WarpMemory<float>& memory) {
  constexpr std::size_t bytes = sizeof(float) * S::shared;
  static_assert(bytes + kStaticShared <= 48 * 1024, "more shared memory must be asked for");
  NBM_LAUNCH((fused_rows_kernel<float, S>), dim3(launch.warps / kBlockWarps, kSides), kBlockThreads, bytes,
             launch.stream, nets, rows, memory);
}

// Calls use(shape) for the first shape that fits; false if none does.
template <class... Shapes>
struct Menu {
  template <class Use>
  static bool choose(const Siren& siren, Use use) {
    return ((Shapes::fits(siren.hidden) && (use(Shapes{}), true)) || ...);
  }
};

// As many neurons a lane as its registers hold (benchmarks/results/registers.md).
using AllShapes =
    Menu<Shape<32, 1, 4>, Shape<64, 1, 8>, Shape<104, 1, 13>, Shape<128, 1, 8>, Shape<208, 1, 13>, Shape<256, 1, 8>,
         Shape<10, 2, 2>, Shape<10, 3, 2>, Shape<10, 4, 2>, Shape<10, 5, 2>, Shape<10, 6, 1>, Shape<10, 7, 1>>;

}  // namespace

bool has_fused_rows(const Siren& siren) {
  return AllShapes::choose(siren, [](auto) {});
}

void launch_fused_rows(const Launch& to, const Siren& siren, const NetworkPair<float>& nets,
                       const BothDifferenceRows& rows, const WarpMemory<float>& memory) {
  AllShapes::choose(siren, [&](auto shape) { launch<decltype(shape)>(to, nets, rows, memory); });
}

}  // namespace nbm::cuda
