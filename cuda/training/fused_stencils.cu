#include "training/fused_stencils.hpp"
#include "training/lane_neurons.hpp"
#include "training/layer_neurons.hpp"

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

constexpr int kSideWarps = kBlockWarps / kSides;  // of a block, for each side

// Neurons: LaneNeurons or LayerNeurons. In shared memory: parameters of both networks, then what the warps exchange.
template <class Neurons>
__global__ void __launch_bounds__(kBlockThreads, Neurons::blocks)
    fused_stencils_kernel(NetworkPair<double> nets, DeviceStencilRows rows, WarpMemory<double> memory) {
  NBM_DYN_SHARED(double, shared);
  for (int i = static_cast<int>(threadIdx.x); i < kSides * memory.parameters; i += kBlockThreads) {
    const int side = i < memory.parameters ? 0 : 1;
    shared[i] = nets.side[side].parameters[i - side * memory.parameters];
  }
  SirenView<double> net[kSides] = {nets.side[0], nets.side[1]};
  NBM_UNROLL
  for (int side = 0; side < kSides; ++side) net[side].parameters = shared + side * memory.parameters;
  __syncthreads();
  const int own = warp_in_block() % kSides;  // the side whose derivatives this warp finds
  double* const exchange = shared + kSides * memory.parameters + warp_in_block() * Neurons::kExchange;
  Neurons neurons(of_side(net, own), exchange);
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
      part += weight * Neurons::value(of_side(net, side), x);
    }
    part = warp_sum(part);
    if (lane_index() == 0) part_of[turn][warp_in_block()] = part;
    __syncthreads();
    double residual = -rows.rhs[row];
    for (int warp = 0; warp < kBlockWarps; ++warp) residual += part_of[turn][warp];
    if (warp_in_block() == 0) squares += residual * residual;
    if (!gradient) continue;
    const index_t stop = of_side(end, own), step = kSideWarps * Neurons::points;
    index_t first = of_side(begin, own) + warp_in_block() / kSides * Neurons::points;
    for (; first < stop; first += step) {
      const index_t j = first + Neurons::place();
      const bool valid = Neurons::has_place() && j < stop;
      load_entry(rows, own, valid ? j : stop - 1, x, weight);
      neurons.visit(x);
      neurons.add(x, {valid ? weight * residual : 0.0});
    }
  }
  if (gradient) {
    const index_t unit = own * (warp_count() / kSides) + warp_index() / kSides;
    neurons.store(memory.sums + unit * memory.parameters);
  }
  if (lane_index() == 0) memory.squares[warp_index()] = squares;
}

template <class Neurons>
void launch(const Launch& to, const NetworkPair<double>& nets, const DeviceStencilRows& rows,
            const WarpMemory<double>& memory) {
  const int numbers = kSides * memory.parameters + kBlockWarps * Neurons::kExchange;
  const std::size_t bytes = sizeof(double) * static_cast<std::size_t>(numbers);
  NBM_LAUNCH(fused_stencils_kernel<Neurons>, to.warps / kBlockWarps, kBlockThreads, bytes, to.stream, nets, rows,
             memory);
}

}  // namespace

bool has_fused_stencils(const Siren& siren) {
  return fits_lanes(siren) || LayerShapes::choose(siren, [](auto) {});
}

void launch_fused_stencils(const Launch& to, const Siren& siren, const NetworkPair<double>& nets,
                           const DeviceStencilRows& rows, const WarpMemory<double>& memory) {
  if (fits_lanes(siren)) {
    return with_lane_neurons(
        siren, [&](auto n) { launch<LaneNeurons<double, decltype(n)::value, false>>(to, nets, rows, memory); });
  }
  LayerShapes::choose(
      siren, [&](auto shape) { launch<typename decltype(shape)::template Neurons<double>>(to, nets, rows, memory); });
}

}  // namespace nbm::cuda
