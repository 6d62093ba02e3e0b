#include "training/fused_stencils.hpp"
#include "training/layer_neurons.hpp"
#include "training/sinks.hpp"

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

// Both networks with their parameters in shared memory, and behind these what the warps exchange.
template <class Neurons>
class SharedNetworks {
 public:
  __device__ SharedNetworks(const NetworkPair<double>& nets, int parameters, double* shared)
      : net_{nets.side[0], nets.side[1]}, exchange_(shared + kSides * parameters) {
    for (int i = static_cast<int>(threadIdx.x); i < kSides * parameters; i += kBlockThreads) {
      const int side = i < parameters ? 0 : 1;
      shared[i] = nets.side[side].parameters[i - side * parameters];
    }
    NBM_UNROLL
    for (int side = 0; side < kSides; ++side) net_[side].parameters = shared + side * parameters;
    __syncthreads();
  }

  __device__ SirenView<double> network(int side) const { return of_side(net_, side); }
  // A lane's part of the neurons of one side, with sums of zero.
  __device__ Neurons neurons(int side) const {
    return {of_side(net_, side), exchange_ + warp_in_block() * Neurons::kExchange};
  }

  static std::size_t bytes(int parameters) {
    return sizeof(double) * static_cast<std::size_t>(kSides * parameters + kBlockWarps * Neurons::kExchange);
  }

 private:
  SirenView<double> net_[kSides];
  double* exchange_;
};

// visit(x, weight) for the entries [first, end) of one side on all lanes of a warp, as many at a time as it has points,
// every `stride` of these; lanes without one have weight 0 and some entry's x.
template <class Neurons, class Visit>
__device__ inline void for_entries(const DeviceStencilRows& rows, int side, index_t first, index_t end, int stride,
                                   Visit visit) {
  for (; first < end; first += stride * Neurons::points) {
    const index_t j = first + Neurons::place();
    const bool valid = Neurons::has_place() && j < end;
    double x[kDim], weight;
    load_entry(rows, side, valid ? j : end - 1, x, weight);
    visit(x, valid ? weight : 0.0);
  }
}

// Neurons: LaneNeurons or LayerNeurons.
template <class Neurons>
__global__ void __launch_bounds__(kBlockThreads, Neurons::blocks)
    fused_stencils_kernel(NetworkPair<double> nets, DeviceStencilRows rows, WarpMemory<double> memory) {
  NBM_DYN_SHARED(double, shared);
  const SharedNetworks<Neurons> networks(nets, memory.parameters, shared);
  const int own = warp_in_block() % kSides;  // the side whose derivatives this warp finds
  Neurons neurons = networks.neurons(own);
  const index_t count = *rows.count;
  const bool gradient = memory.sums != nullptr;
  __shared__ double part_of[2][kBlockWarps];  // in turn, so that one barrier a row does
  int turn = 0;
  double squares = 0;
  for (index_t row = blockIdx.x; row < count; row += gridDim.x, turn = 1 - turn) {
    double part = 0;
    // The entries of the plus side behind those of the minus side: most rows are done in one pass.
    const index_t begin[kSides] = {rows.begin[0][row], rows.begin[1][row]};
    const index_t end[kSides] = {rows.begin[0][row + 1], rows.begin[1][row + 1]};
    const index_t minus = end[0] - begin[0], all = minus + end[1] - begin[1];
    for (index_t i = threadIdx.x; i < all; i += kBlockThreads) {
      const int side = i < minus ? 0 : 1;
      double x[kDim], weight;
      load_entry(rows, side, of_side(begin, side) + i - side * minus, x, weight);
      part += weight * neurons.value(networks.network(side), x);
    }
    part = warp_sum(part);
    if (lane_index() == 0) part_of[turn][warp_in_block()] = part;
    __syncthreads();
    double residual = -rows.rhs[row];
    for (int warp = 0; warp < kBlockWarps; ++warp) residual += part_of[turn][warp];
    if (warp_in_block() == 0) squares += residual * residual;
    if (!gradient) continue;
    const index_t first = of_side(begin, own) + warp_in_block() / kSides * Neurons::points;
    for_entries<Neurons>(rows, own, first, of_side(end, own), kSideWarps, [&](const double(&at)[kDim], double of) {
      neurons.visit(at);
      neurons.add(at, {of * residual});
    });
  }
  if (gradient) {
    const index_t unit = own * (warp_count() / kSides) + warp_index() / kSides;
    neurons.store(ColumnSink<double>{memory.sums + unit * memory.parameters, 1, true});
  }
  if (lane_index() == 0) memory.squares[warp_index()] = squares;
}

// Rows of the Jacobian: a warp for each side of a row, kSideWarps rows a block at a time.
template <class Neurons>
__global__ void __launch_bounds__(kBlockThreads, Neurons::blocks)
    stencil_columns_kernel(NetworkPair<double> nets, DeviceStencilRows rows, int parameters, JacobianPanel panel) {
  NBM_DYN_SHARED(double, shared);
  const SharedNetworks<Neurons> networks(nets, parameters, shared);
  const int side = warp_in_block() % kSides;
  __shared__ double part_of[2][kBlockWarps];  // in turn, so that one barrier a row does
  int turn = 0;
  for (index_t first = panel.begin + index_t{blockIdx.x} * kSideWarps; first < panel.end;
       first += index_t{gridDim.x} * kSideWarps, turn = 1 - turn) {
    const index_t row = first + warp_in_block() / kSides;
    double part = 0;
    if (row < panel.end) {
      Neurons neurons = networks.neurons(side);
      const index_t begin = of_side(rows.begin, side)[row], end = of_side(rows.begin, side)[row + 1];
      for_entries<Neurons>(rows, side, begin, end, 1, [&](const double(&x)[kDim], double weight) {
        part += neurons.part(x, {panel.scale * weight});
        neurons.add(x, {panel.scale * weight});
      });
      double* const entry = panel.jacobian + side * panel.plus_offset * panel.rows + (row - panel.begin);
      neurons.store(TrainedSink<ColumnSink<double>>{{entry, panel.rows, true}, panel.held});
    }
    part = warp_sum(part);
    if (lane_index() == 0) part_of[turn][warp_in_block()] = part;
    __syncthreads();
    if (side != 0 || lane_index() != 0 || row >= panel.end) continue;
    const double both = part_of[turn][warp_in_block()] + part_of[turn][warp_in_block() + 1];
    panel.residuals[row - panel.begin] = both - panel.scale * rows.rhs[row];
  }
}

template <class Use>
bool with_neurons(const Siren& siren, Use use) {
  return choose_neurons<double, false, LayerShapes>(siren, use);
}

}  // namespace

bool has_fused_stencils(const Siren& siren) {
  return with_neurons(siren, [](auto) {});
}

void launch_fused_stencils(const Launch& to, const Siren& siren, const NetworkPair<double>& nets,
                           const DeviceStencilRows& rows, const WarpMemory<double>& memory) {
  with_neurons(siren, [&](auto type) {
    using Neurons = typename decltype(type)::type;
    NBM_LAUNCH(fused_stencils_kernel<Neurons>, to.warps / kBlockWarps, kBlockThreads,
               SharedNetworks<Neurons>::bytes(memory.parameters), to.stream, nets, rows, memory);
  });
}

void launch_fused_stencil_jacobian(const Siren& siren, const NetworkPair<double>& nets, const DeviceStencilRows& rows,
                                   const JacobianPanel& panel) {
  const auto parameters = static_cast<int>(siren.parameter_count());
  with_neurons(siren, [&](auto type) {
    using Neurons = typename decltype(type)::type;
    NBM_LAUNCH(stencil_columns_kernel<Neurons>, panel.warps / kBlockWarps, kBlockThreads,
               SharedNetworks<Neurons>::bytes(parameters), panel.stream, nets, rows, parameters, panel);
  });
}

}  // namespace nbm::cuda
