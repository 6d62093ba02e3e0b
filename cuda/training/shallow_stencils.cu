#include "training/lane_neurons.hpp"
#include "training/shallow_stencils.hpp"

namespace nbm::cuda {
namespace {

// What is indexed by a side that the compiler does not know would be copied to the stack.
template <class T>
__device__ inline T of_side(const T (&of)[kSides], int side) {
  return side == 0 ? of[0] : of[1];
}

// An entry of a row, of the network of one side.
__device__ inline void load_entry(const DeviceStencilRows& rows, int side, index_t j, double (&x)[kDim],
                                  double& weight) {
  for (int k = 0; k < kDim; ++k) x[k] = (side == 0 ? rows.x[0][k] : rows.x[1][k])[j];
  weight = of_side(rows.weight, side)[j];
}

__device__ inline double value_at(const SirenView<double>& net, int width, const double (&x)[kDim]) {
  const double* const out = net.parameters + width * (kDim + 1);
  double sum = out[width];
#pragma unroll 4
  for (int n = 0; n < width; ++n) sum += out[n] * sine_of(detail::first_preactivation(net, n, x));
  return sum;
}

constexpr int kSideWarps = kBlockWarps / kSides;  // of a block, for each side

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
  const int own = warp_in_block() % kSides;  // the side whose derivatives this warp finds
  LaneNeurons<double, N, false> neurons(of_side(net, own), width);
  const index_t count = *rows.count;
  const bool gradient = memory.sums != nullptr;
  __shared__ double part_of[2][kBlockWarps];  // in turn, so that one barrier a row does
  int turn = 0;
  double squares = 0;
  for (index_t row = blockIdx.x; row < count; row += gridDim.x, turn = 1 - turn) {
    double x[kDim], weight;
    double part = 0;
    // The entries of the plus side behind those of the minus side: most rows are done in one pass.
    const index_t begin[kSides] = {rows.begin[0][row], rows.begin[1][row]};
    const index_t end[kSides] = {rows.begin[0][row + 1], rows.begin[1][row + 1]};
    const index_t minus = end[0] - begin[0], all = minus + end[1] - begin[1];
    for (index_t i = threadIdx.x; i < all; i += kBlockThreads) {
      const int side = i < minus ? 0 : 1;
      load_entry(rows, side, of_side(begin, side) + i - side * minus, x, weight);
      part += weight * value_at(of_side(net, side), width, x);
    }
    part = warp_sum(part);
    if (lane_index() == 0) part_of[turn][warp_in_block()] = part;
    __syncthreads();
    double residual = -rows.rhs[row];
    for (int warp = 0; warp < kBlockWarps; ++warp) residual += part_of[turn][warp];
    if (warp_in_block() == 0) squares += residual * residual;
    if (!gradient) continue;
    for (index_t j = of_side(begin, own) + warp_in_block() / kSides; j < of_side(end, own); j += kSideWarps) {
      load_entry(rows, own, j, x, weight);
      neurons.visit(x);
      neurons.add(x, {weight * residual});
    }
  }
  if (gradient) {
    const index_t unit = own * (warp_count() / kSides) + warp_index() / kSides;
    neurons.store(memory.sums + unit * memory.parameters);
  }
  if (lane_index() == 0) memory.squares[warp_index()] = squares;
}

template <int N>
void launch(const Launch& to, const NetworkPair<double>& nets, const DeviceStencilRows& rows,
            const WarpMemory<double>& memory) {
  const std::size_t bytes = sizeof(double) * kSides * static_cast<std::size_t>(memory.parameters);
  NBM_LAUNCH(shallow_stencils_kernel<N>, to.warps / kBlockWarps, kBlockThreads, bytes, to.stream, nets, rows, memory);
}

}  // namespace

bool has_shallow_stencils(const Siren& siren) { return fits_lanes(siren); }

void launch_shallow_stencils(const Launch& to, const Siren& siren, const NetworkPair<double>& nets,
                             const DeviceStencilRows& rows, const WarpMemory<double>& memory) {
  with_lane_neurons(siren, [&](auto n) { launch<decltype(n)::value>(to, nets, rows, memory); });
}

}  // namespace nbm::cuda
