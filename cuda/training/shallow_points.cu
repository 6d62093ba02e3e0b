#include "training/lane_neurons.hpp"
#include "training/shallow_points.hpp"

namespace nbm::cuda {
namespace {

template <class T, int N, bool Differences>
__global__ void __launch_bounds__(kBlockThreads)
    shallow_points_kernel(NetworkPair<T> nets, PointSets all, WarpMemory<T> memory) {
  using Neurons = LaneNeurons<T, N, Differences>;
  constexpr int terms = Neurons::terms;
  const DevicePointRows& rows = all.set[blockIdx.y];
  const int width = nets.side[0].width[0];
  Neurons side[kSides] = {{nets.side[0], width}, {nets.side[1], width}};
  const index_t count = *rows.count;
  const bool gradient = memory.sums != nullptr;
  double squares = 0;
  for (index_t row = warp_index(); row < count; row += warp_count()) {
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
    const T residual = warp_sum(part) - static_cast<T>(rows.rhs[row]);
    squares += static_cast<double>(residual * residual);
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
    if (gradient && rows.touches[s]) side[s].store(memory.sums + (unit * kSides + s) * memory.parameters);
  }
  if (lane_index() == 0) memory.squares[unit] = squares;
}

template <class T, int N>
void launch(const Launch& to, const NetworkPair<T>& nets, const PointSets& rows, const WarpMemory<T>& memory) {
  const dim3 grid(to.warps / kBlockWarps, static_cast<unsigned>(rows.count));
  if (rows.set[0].has_differences) {
    NBM_LAUNCH((shallow_points_kernel<T, N, true>), grid, kBlockThreads, 0, to.stream, nets, rows, memory);
  } else {
    NBM_LAUNCH((shallow_points_kernel<T, N, false>), grid, kBlockThreads, 0, to.stream, nets, rows, memory);
  }
}

}  // namespace

bool has_shallow_points(const Siren& siren) { return fits_lanes(siren); }

template <class T>
void launch_shallow_points(const Launch& to, const Siren& siren, const NetworkPair<T>& nets, const PointSets& rows,
                           const WarpMemory<T>& memory) {
  with_lane_neurons(siren, [&](auto n) { launch<T, decltype(n)::value>(to, nets, rows, memory); });
}

template void launch_shallow_points(const Launch&, const Siren&, const NetworkPair<float>&, const PointSets&,
                                    const WarpMemory<float>&);
template void launch_shallow_points(const Launch&, const Siren&, const NetworkPair<double>&, const PointSets&,
                                    const WarpMemory<double>&);

}  // namespace nbm::cuda
