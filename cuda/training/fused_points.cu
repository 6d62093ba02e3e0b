#include "training/fused_points.hpp"
#include "training/layer_neurons.hpp"
#include "training/sinks.hpp"

namespace nbm::cuda {
namespace {

// Neurons: LaneNeurons or LayerNeurons. In shared memory: what the warps exchange.
template <class T, class Neurons>
__global__ void __launch_bounds__(kBlockThreads)
    fused_points_kernel(NetworkPair<T> nets, PointSets all, WarpMemory<T> memory) {
  NBM_DYN_SHARED(T, shared);
  constexpr int terms = Neurons::terms;
  const DevicePointRows& rows = all.set[blockIdx.y];
  T* const exchange = shared + warp_in_block() * kSides * Neurons::kExchange;
  Neurons side[kSides] = {{nets.side[0], exchange}, {nets.side[1], exchange + Neurons::kExchange}};
  const index_t count = *rows.count, step = warp_count() * Neurons::points;
  const bool gradient = memory.sums != nullptr;
  double squares = 0;
  for (index_t first = warp_index() * Neurons::points; first < count; first += step) {
    const bool valid = Neurons::has_place() && first + Neurons::place() < count;
    const index_t row = valid ? first + Neurons::place() : count - 1;
    T x[kDim], weight[kSides][terms] = {};
    for (int k = 0; k < kDim; ++k) x[k] = static_cast<T>(rows.x[k][row]);
    T part = T(0);
    NBM_UNROLL
    for (int s = 0; s < kSides; ++s) {
      if (!rows.touches[s]) continue;
      NBM_UNROLL
      for (int q = 0; q < terms; ++q) {
        const double* of_term = rows.weight[s][q];
        weight[s][q] = of_term == nullptr ? T(0) : static_cast<T>(of_term[row]);
      }
      part += side[s].part(x, weight[s]);
    }
    T residual = Neurons::sum(part) - static_cast<T>(rows.rhs[row]);
    if (!valid) residual = T(0);
    if (Neurons::member() == 0) squares += static_cast<double>(residual * residual);
    if (!gradient) continue;
    NBM_UNROLL
    for (int s = 0; s < kSides; ++s) {
      if (!rows.touches[s]) continue;
      T seed[terms];
      NBM_UNROLL
      for (int q = 0; q < terms; ++q) seed[q] = weight[s][q] * residual;
      side[s].add(x, seed);
    }
  }
  const index_t unit = blockIdx.y * warp_count() + warp_index();
  NBM_UNROLL
  for (int s = 0; s < kSides; ++s) {
    if (gradient && rows.touches[s])
      side[s].store(ColumnSink<T>{memory.sums + (unit * kSides + s) * memory.parameters, 1, true});
  }
  squares = warp_sum(squares);
  if (lane_index() == 0) memory.squares[unit] = squares;
}

template <class T, class Neurons>
void launch(const Launch& to, const NetworkPair<T>& nets, const PointSets& rows, const WarpMemory<T>& memory) {
  const dim3 grid(to.warps / kBlockWarps, static_cast<unsigned>(rows.count));
  constexpr std::size_t bytes = sizeof(T) * kBlockWarps * kSides * Neurons::kExchange;
  NBM_LAUNCH((fused_points_kernel<T, Neurons>), grid, kBlockThreads, bytes, to.stream, nets, rows, memory);
}

// Rows with differences have kernels for one hidden layer alone.
template <class T, class Use>
bool with_neurons(const Siren& siren, bool differences, Use use) {
  if (differences) return choose_neurons<T, true, BothLayerShapes<T>>(siren, use);
  return choose_neurons<T, false, BothLayerShapes<T>>(siren, use);
}

}  // namespace

template <class T>
bool has_fused_points(const Siren& siren, bool differences) {
  return with_neurons<T>(siren, differences, [](auto) {});
}

template <class T>
void launch_fused_points(const Launch& to, const Siren& siren, const NetworkPair<T>& nets, const PointSets& rows,
                         const WarpMemory<T>& memory) {
  with_neurons<T>(siren, rows.set[0].has_differences,
                  [&](auto type) { launch<T, typename decltype(type)::type>(to, nets, rows, memory); });
}

template bool has_fused_points<float>(const Siren&, bool);
template bool has_fused_points<double>(const Siren&, bool);
template void launch_fused_points(const Launch&, const Siren&, const NetworkPair<float>&, const PointSets&,
                                  const WarpMemory<float>&);
template void launch_fused_points(const Launch&, const Siren&, const NetworkPair<double>&, const PointSets&,
                                  const WarpMemory<double>&);

}  // namespace nbm::cuda
