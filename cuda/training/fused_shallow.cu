#include "nbm/network/shallow_point.hpp"
#include "training/fused_frame.hpp"

namespace nbm::cuda {
namespace {

// One hidden layer of up to W neurons, N of which belong to each lane of a point's group: those of number member + n
// group. A narrower network is widened by neurons of weight zero.
template <int W, int N>
struct Shape {
  static constexpr int width = W, neurons = N, group = W / N, points = kLanes / group;
  static constexpr int blocks = N > 8 ? 2 : N > 4 ? 3 : 4;  // of a multiprocessor, that registers are left for
  static_assert(group * N == W && points * group == kLanes);

  static bool fits(const std::vector<int>& widths) { return widths.size() == 1 && widths[0] <= W; }
};

template <class T, class S>
class ShallowLane {
 public:
  static constexpr int group = S::group, points = S::points, N = S::neurons;
  static constexpr int kSharedNumbers = static_cast<int>(S::width * sizeof(ShallowNeuron<T>) / sizeof(T));

  __device__ static void prepare(const SirenView<T>& net, T* shared) {
    for (int i = static_cast<int>(threadIdx.x); i < S::width; i += kBlockThreads) {
      reinterpret_cast<ShallowNeuron<T>*>(shared)[i] = i < net.width[0] ? shallow_neuron(net, i) : ShallowNeuron<T>{};
    }
  }

  __device__ ShallowLane(const SirenView<T>& net, const T* shared)
      : net_(net),
        output_bias_(net.parameters[net.width[0] * (kDim + 2)]),
        own_(reinterpret_cast<const ShallowNeuron<T>*>(shared) + lane_index() % group) {}

  // On every lane of the group.
  __device__ T residual(const FusedRow<T>& row) {
    T part = T(0);
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      const ShallowNeuron<T> neuron = own_[n * group];
      T of_neuron;
      shallow_wave(neuron, row.x, sine_[n], cosine_[n]);
      shallow_part(neuron, row.weight, sine_[n], cosine_[n], of_neuron, slope_[n]);
      part += neuron.output * of_neuron;
    }
    return output_bias_ * row.weight[kValue] - row.rhs + group_sum<group>(part);
  }

  // Adds residual times the residual's derivatives, after residual().
  __device__ void add_gradient(const FusedRow<T>& row, T residual) {
    T at[kDim], weight[kQuantities];
    NBM_UNROLL
    for (int k = 0; k < kDim; ++k) at[k] = residual * row.x[k];
    NBM_UNROLL
    for (int q = 0; q < kQuantities; ++q) weight[q] = residual * row.weight[q];
    NBM_UNROLL
    for (int n = 0; n < N; ++n) sums_[n].add(at, residual, weight, sine_[n], cosine_[n], slope_[n]);
    by_output_bias_ += weight[kValue];
  }

  // The sums over the points of the warp, in the order of siren.hpp.
  __device__ void store_gradient(T* sums) const {
    const int width = net_.width[0];
    NBM_UNROLL
    for (int n = 0; n < N; ++n) {
      const ShallowNeuron<T> neuron = own_[n * group];
      const int i = lane_index() % group + n * group;
      const bool mine = i < width;
      NBM_UNROLL
      for (int k = 0; k < kDim; ++k) store(sums_[n].by_weight(net_, neuron, k), mine, sums + i * kDim + k);
      store(sums_[n].by_bias(net_, neuron), mine, sums + width * kDim + i);
      store(sums_[n].by_output(neuron), mine, sums + width * (kDim + 1) + i);
    }
    store(by_output_bias_, lane_index() == 0, sums + width * (kDim + 2));
  }

 private:
  __device__ static void store(T of_lane, bool mine, T* to) { store_sum<group, points>(of_lane, mine, to); }

  const SirenView<T>& net_;
  T output_bias_;
  const ShallowNeuron<T>* own_;
  T sine_[N], cosine_[N], slope_[N];
  ShallowSums<T> sums_[N];
  T by_output_bias_ = T(0);
};

template <class T, class S>
__global__ void __launch_bounds__(kBlockThreads, S::blocks)
    fused_shallow_kernel(NetworkPair<T> nets, BothDifferenceRows both, WarpMemory<T> memory) {
  NBM_DYN_SHARED(T, shared);
  fused_rows<T, ShallowLane<T, S>>(nets, both, memory, shared);
}

template <class S>
void launch(const Launch& launch, const NetworkPair<float>& nets, const BothDifferenceRows& rows,
            const WarpMemory<float>& memory) {
  constexpr std::size_t bytes = fused_bytes<float, ShallowLane<float, S>>();
  static_assert(bytes <= 48 * 1024, "more shared memory must be asked for");
  NBM_LAUNCH((fused_shallow_kernel<float, S>), kSides * launch.warps / kBlockWarps, kBlockThreads, bytes, launch.stream,
             nets, rows, memory);
}

// As many neurons a lane as its registers hold (benchmarks/results/registers.md).
using Shapes = Menu<Shape<32, 4>, Shape<64, 8>, Shape<104, 13>, Shape<128, 8>, Shape<208, 13>, Shape<256, 8>>;

}  // namespace

bool has_fused_shallow(const Siren& siren) {
  return Shapes::choose(siren, [](auto) {});
}

void launch_fused_shallow(const Launch& to, const Siren& siren, const NetworkPair<float>& nets,
                          const BothDifferenceRows& rows, const WarpMemory<float>& memory) {
  Shapes::choose(siren, [&](auto shape) { launch<decltype(shape)>(to, nets, rows, memory); });
}

}  // namespace nbm::cuda
