#include "core/warp.hpp"
#include "training/shallow_stencils.hpp"

namespace nbm::cuda {
namespace {

// An entry of a row, of the network of one side.
__device__ inline void load_entry(const DeviceStencilRows& rows, int side, index_t j, double (&x)[kDim],
                                  double& weight) {
  for (int k = 0; k < kDim; ++k) x[k] = rows.x[side][k][j];
  weight = rows.weight[side][j];
}

__device__ inline double value_at(const SirenView<double>& net, int width, const double (&x)[kDim]) {
  const double* const out = net.parameters + width * (kDim + 1);
  double sum = out[width];
#pragma unroll 4
  for (int n = 0; n < width; ++n) sum += out[n] * sine_of(detail::first_preactivation(net, n, x));
  return sum;
}

// The lane's neurons of one side: number `lane + 32 i`. Those that the network lacks have weights of zero.
template <int N>
class LaneNeurons {
 public:
  __device__ LaneNeurons(const SirenView<double>& net, int width) : net_(net), width_(width) {}

  // Adds the derivatives of seed times the network's value at x.
  __device__ void add(const double (&x)[kDim], double seed) {
    const double* const out = net_.parameters + width_ * (kDim + 1);
    NBM_UNROLL
    for (int i = 0; i < N; ++i) {
      const int n = lane_index() + i * kLanes;
      if (n >= width_) continue;
      double sine, cosine;
      sincos(detail::first_preactivation(net_, n, x), sine, cosine);
      const double slope = net_.omega * (seed * out[n]) * cosine;
      NBM_UNROLL
      for (int k = 0; k < kDim; ++k) by_weight_[i][k] += slope * x[k];
      by_bias_[i] += slope;
      by_output_[i] += seed * sine;
    }
    by_output_bias_ += seed;
  }

  // In the order of siren.hpp.
  __device__ void store(double* sums) const {
    NBM_UNROLL
    for (int i = 0; i < N; ++i) {
      const int n = lane_index() + i * kLanes;
      if (n >= width_) continue;
      NBM_UNROLL
      for (int k = 0; k < kDim; ++k) sums[n * kDim + k] = by_weight_[i][k];
      sums[width_ * kDim + n] = by_bias_[i];
      sums[width_ * (kDim + 1) + n] = by_output_[i];
    }
    if (lane_index() == 0) sums[width_ * (kDim + 2)] = by_output_bias_;
  }

 private:
  SirenView<double> net_;
  int width_;
  double by_weight_[N][kDim] = {}, by_bias_[N] = {}, by_output_[N] = {}, by_output_bias_ = 0.0;
};

// `parameters` of both networks in shared memory.
template <int N>
__global__ void __launch_bounds__(kBlockThreads)
    shallow_stencils_kernel(NetworkPair<double> nets, DeviceStencilRows rows, WarpMemory<double> memory) {
  NBM_DYN_SHARED(double, shared);
  for (int i = static_cast<int>(threadIdx.x); i < kSides * memory.parameters; i += kBlockThreads) {
    const int side = i < memory.parameters ? 0 : 1;
    shared[i] = nets.side[side].parameters[i - side * memory.parameters];
  }
  const int width = nets.side[0].width[0];
  SirenView<double> net[kSides] = {nets.side[0], nets.side[1]};
  NBM_UNROLL
  for (int side = 0; side < kSides; ++side) net[side].parameters = shared + side * memory.parameters;
  __syncthreads();
  LaneNeurons<N> minus(net[0], width), plus(net[1], width);
  const index_t count = *rows.count;
  const bool gradient = memory.sums != nullptr;
  __shared__ double part_of[2][kBlockWarps];  // in turn, so that one barrier a row does
  int turn = 0;
  double squares = 0;
  for (index_t row = blockIdx.x; row < count; row += gridDim.x, turn = 1 - turn) {
    double x[kDim], weight;
    double part = 0;
    NBM_UNROLL
    for (int side = 0; side < kSides; ++side) {
      const index_t end = rows.begin[side][row + 1];
      for (index_t j = rows.begin[side][row] + threadIdx.x; j < end; j += kBlockThreads) {
        load_entry(rows, side, j, x, weight);
        part += weight * value_at(net[side], width, x);
      }
    }
    part = warp_sum(part);
    if (lane_index() == 0) part_of[turn][warp_in_block()] = part;
    __syncthreads();
    double residual = -rows.rhs[row];
    for (int warp = 0; warp < kBlockWarps; ++warp) residual += part_of[turn][warp];
    if (warp_in_block() == 0) squares += residual * residual;
    if (!gradient) continue;
    for (index_t j = rows.begin[0][row] + warp_in_block(); j < rows.begin[0][row + 1]; j += kBlockWarps) {
      load_entry(rows, 0, j, x, weight);
      minus.add(x, weight * residual);
    }
    for (index_t j = rows.begin[1][row] + warp_in_block(); j < rows.begin[1][row + 1]; j += kBlockWarps) {
      load_entry(rows, 1, j, x, weight);
      plus.add(x, weight * residual);
    }
  }
  if (gradient) {
    minus.store(memory.sums + warp_index() * memory.parameters);
    plus.store(memory.sums + (warp_count() + warp_index()) * memory.parameters);
  }
  if (lane_index() == 0) memory.squares[warp_index()] = squares;
}

template <int N>
void launch(const Launch& to, const NetworkPair<double>& nets, const DeviceStencilRows& rows,
            const WarpMemory<double>& memory) {
  const std::size_t bytes = sizeof(double) * kSides * static_cast<std::size_t>(memory.parameters);
  NBM_LAUNCH(shallow_stencils_kernel<N>, to.warps / kBlockWarps, kBlockThreads, bytes, to.stream, nets, rows, memory);
}

constexpr int kMostNeurons = 4;  // of a lane: what its registers hold

}  // namespace

bool has_shallow_stencils(const Siren& siren) {
  return siren.hidden.size() == 1 && siren.hidden.front() <= kMostNeurons * kLanes;
}

void launch_shallow_stencils(const Launch& to, const Siren& siren, const NetworkPair<double>& nets,
                             const DeviceStencilRows& rows, const WarpMemory<double>& memory) {
  switch ((siren.hidden.front() + kLanes - 1) / kLanes) {
    case 1: return launch<1>(to, nets, rows, memory);
    case 2: return launch<2>(to, nets, rows, memory);
    case 3: return launch<3>(to, nets, rows, memory);
    default: return launch<kMostNeurons>(to, nets, rows, memory);
  }
}

}  // namespace nbm::cuda
