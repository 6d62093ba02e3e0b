#include "training/point_pass.hpp"
#include "training/row_kernels.hpp"
#include "training/sinks.hpp"

namespace nbm::cuda {
namespace {

// The part of WarpMemory that belongs to this warp, its sums cleared; the tile of its sink in shared memory.
template <class T>
struct OwnMemory {
  T* sums[kSides];
  LanePointer<T> workspace;
  double* square;
  T* tile;

  __device__ OwnMemory(const WarpMemory<T>& all, int sides, T* tiles) {
    const index_t unit = blockIdx.y * warp_count() + warp_index();
    for (int s = 0; s < kSides; ++s) sums[s] = nullptr;
    for (int s = 0; s < sides && all.sums != nullptr; ++s) {
      sums[s] = all.sums + (unit * sides + s) * all.parameters;
      for (int p = lane_index(); p < all.parameters; p += kLanes) sums[s][p] = T(0);
    }
    __syncwarp();
    workspace.first = all.workspace + unit * all.workspace_size * kLanes + lane_index();
    square = all.squares + unit;
    tile = sides > 0 ? tiles + warp_in_block() * WarpSumSink<T>::kTile : nullptr;
  }
  __device__ void store_squares(double of_lane) const {
    const double sum = warp_sum(of_lane);
    if (lane_index() == 0) *square = sum;
  }
};

template <class T>
constexpr std::size_t kTileBytes = sizeof(T) * WarpSumSink<T>::kTile* kBlockWarps;

// Lanes behind the last row work on it again, with nothing of theirs counted, so that a warp stays together.
struct LaneRow {
  index_t row;
  bool valid;
  __device__ LaneRow(index_t first, index_t count) : row(first + lane_index()), valid(row < count) {
    if (!valid) row = count - 1;
  }
};

template <class T>
__device__ inline void load_point(const double* const (&from)[kDim], index_t i, T (&x)[kDim]) {
  for (int k = 0; k < kDim; ++k) x[k] = static_cast<T>(from[k][i]);
}

template <class T>
__global__ void __launch_bounds__(kBlockThreads)
    difference_rows_kernel(NetworkPair<T> nets, BothDifferenceRows both, WarpMemory<T> memory) {
  NBM_DYN_SHARED(T, tiles);
  const SirenView<T>& net = nets.side[blockIdx.y];
  const DeviceDifferenceRows& rows = both.side[blockIdx.y];
  const OwnMemory<T> own(memory, 1, tiles);
  WarpSumSink<T> sink(own.tile, own.sums[0], memory.parameters);
  const index_t count = *rows.count;
  double squares = 0;
  for (index_t first = warp_index() * kLanes; first < count; first += warp_count() * kLanes) {
    const LaneRow at(first, count);
    T x[kDim], weight[kQuantities], out[kQuantities], seed[kQuantities];
    load_point(rows.x, at.row, x);
    weight[kValue] = static_cast<T>(rows.value[at.row]);
    for (int k = 0; k < kDim; ++k) {
      weight[kFirst + k] = static_cast<T>(rows.first[k][at.row]);
      weight[kSecond + k] = static_cast<T>(rows.second[k][at.row]);
    }
    siren_differences(net, x, own.workspace, out);
    T residual = -static_cast<T>(rows.rhs[at.row]);
    for (int q = 0; q < kQuantities; ++q) residual += weight[q] * out[q];
    if (!at.valid) residual = T(0);
    squares += static_cast<double>(residual * residual);
    if (own.sums[0] == nullptr) continue;
    for (int q = 0; q < kQuantities; ++q) seed[q] = residual * weight[q];
    siren_differences_adjoint(net, x, own.workspace, seed, sink);
  }
  if (own.sums[0] != nullptr) sink.flush();
  own.store_squares(squares);
}

template <class T, bool Differences>
__global__ void __launch_bounds__(kBlockThreads)
    point_rows_kernel(NetworkPair<T> nets, PointSets all, WarpMemory<T> memory) {
  using Pass = PointPass<Differences, 1>;
  constexpr int terms = Pass::terms;
  NBM_DYN_SHARED(T, tiles);
  const DevicePointRows& rows = all.set[blockIdx.y];
  const OwnMemory<T> own(memory, kSides, tiles);
  const index_t count = *rows.count;
  // Of the plus network behind that of the minus network.
  const LanePointer<T> workspace[kSides] = {own.workspace,
                                            own.workspace + static_cast<int>(memory.workspace_size / kSides)};
  double squares = 0;
  for (index_t first = warp_index() * kLanes; first < count; first += warp_count() * kLanes) {
    const LaneRow at(first, count);
    T x[kDim][1], weight[kSides][terms];
    for (int k = 0; k < kDim; ++k) x[k][0] = static_cast<T>(rows.x[k][at.row]);
    T residual = -static_cast<T>(rows.rhs[at.row]);
    for (int s = 0; s < kSides; ++s) {
      if (!rows.touches[s]) continue;
      T out[1][terms];
      Pass::forward(nets.side[s], x, workspace[s], out);
      for (int q = 0; q < terms; ++q) {
        const double* of_term = rows.weight[s][q];
        weight[s][q] = of_term == nullptr ? T(0) : static_cast<T>(of_term[at.row]);
        residual += weight[s][q] * out[0][q];
      }
    }
    if (!at.valid) residual = T(0);
    squares += static_cast<double>(residual * residual);
    if (own.sums[0] == nullptr) continue;
    for (int s = 0; s < kSides; ++s) {
      if (!rows.touches[s]) continue;
      T seed[1][terms];
      for (int q = 0; q < terms; ++q) seed[0][q] = weight[s][q] * residual;
      WarpSumSink<T> sink(own.tile, own.sums[s], memory.parameters);
      Pass::backward(nets.side[s], x, workspace[s], seed, sink);
      sink.flush();
    }
  }
  own.store_squares(squares);
}

// Stencil rows in three steps, the first and last with a thread for each entry: no warp waits for a long row.
__global__ void __launch_bounds__(kBlockThreads) entry_values_kernel(NetworkPair<double> nets, DeviceStencilRows rows,
                                                                     EntryValues values, WarpMemory<double> memory) {
  const int side = static_cast<int>(blockIdx.y);
  const OwnMemory<double> own(memory, 0, nullptr);
  const index_t count = rows.begin[side][*rows.count];
  for (index_t j = warp_index() * kLanes + lane_index(); j < count; j += warp_count() * kLanes) {
    double x[kDim][1], u[1];
    for (int k = 0; k < kDim; ++k) x[k][0] = rows.x[side][k][j];
    siren_evaluate<1>(nets.side[side], x, own.workspace, u);
    values.side[side][j] = u[0];
  }
}

// From values to seeds: the weight of an entry times its row's residual.
__global__ void __launch_bounds__(kBlockThreads)
    stencil_residuals_kernel(DeviceStencilRows rows, EntryValues values, double* squares) {
  const index_t count = *rows.count;
  double sum = 0;
  for (index_t i = warp_index() * kLanes + lane_index(); i < count; i += warp_count() * kLanes) {
    double residual = -rows.rhs[i];
    for (int s = 0; s < kSides; ++s) {
      for (index_t j = rows.begin[s][i]; j < rows.begin[s][i + 1]; ++j)
        residual += rows.weight[s][j] * values.side[s][j];
    }
    sum += residual * residual;
    for (int s = 0; s < kSides; ++s) {
      for (index_t j = rows.begin[s][i]; j < rows.begin[s][i + 1]; ++j)
        values.side[s][j] = rows.weight[s][j] * residual;
    }
  }
  sum = warp_sum(sum);
  if (lane_index() == 0) squares[warp_index()] = sum;
}

__global__ void __launch_bounds__(kBlockThreads)
    entry_gradients_kernel(NetworkPair<double> nets, DeviceStencilRows rows, EntryValues seeds,
                           WarpMemory<double> memory) {
  NBM_DYN_SHARED(double, tiles);
  const int side = static_cast<int>(blockIdx.y);
  const OwnMemory<double> own(memory, 1, tiles);
  WarpSumSink<double> sink(own.tile, own.sums[0], memory.parameters);
  const index_t count = rows.begin[side][*rows.count];
  for (index_t first = warp_index() * kLanes; first < count; first += warp_count() * kLanes) {
    const LaneRow at(first, count);
    double x[kDim][1], u[1];
    for (int k = 0; k < kDim; ++k) x[k][0] = rows.x[side][k][at.row];
    siren_values<1>(nets.side[side], x, own.workspace, u);
    const double seed[1] = {at.valid ? seeds.side[side][at.row] : 0.0};
    siren_values_adjoint<1>(nets.side[side], x, own.workspace, seed, sink);
  }
  sink.flush();
}

constexpr unsigned kSumColumns = 32, kSumRows = 32;  // threads of a block of sum_gradients_kernel

template <class T>
__global__ void __launch_bounds__(kSumColumns* kSumRows)
    sum_gradients_kernel(const T* sums, SharedUnits units, int parameters, const double* factor, double* gradient) {
  __shared__ double part[kSumRows][kSumColumns];
  const int p = static_cast<int>(blockIdx.x * kSumColumns + threadIdx.x);
  const index_t minus = units.of_minus(), begin = blockIdx.y == 0 ? 0 : minus,
                end = blockIdx.y == 0 ? minus : units.units;
  double sum = 0;
  if (p < parameters) {
    for (index_t unit = begin + threadIdx.y; unit < end; unit += kSumRows)
      sum += static_cast<double>(sums[unit * parameters + p]);
  }
  part[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0 || p >= parameters) return;
  for (unsigned y = 1; y < kSumRows; ++y) sum += part[y][threadIdx.x];
  gradient[static_cast<index_t>(blockIdx.y) * parameters + p] = *factor * sum;
}

template <class T>
__global__ void __launch_bounds__(kSumColumns* kSumRows)
    sum_point_gradients_kernel(const T* sums, index_t warps, PointSets all, int parameters, const double* factors,
                               double* gradient) {
  __shared__ double part[kSumRows][kSumColumns];
  const int p = static_cast<int>(blockIdx.x * kSumColumns + threadIdx.x), side = static_cast<int>(blockIdx.y);
  double sum = 0;
  for (int set = 0; p < parameters && set < all.count; ++set) {
    if (!all.set[set].touches[side]) continue;
    double of_set = 0;
    for (index_t warp = threadIdx.y; warp < warps; warp += kSumRows) {
      of_set += static_cast<double>(sums[((set * warps + warp) * kSides + side) * parameters + p]);
    }
    sum += factors[all.set[set].group] * of_set;
  }
  part[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0 || p >= parameters) return;
  for (unsigned y = 1; y < kSumRows; ++y) sum += part[y][threadIdx.x];
  gradient[static_cast<index_t>(side) * parameters + p] = sum;
}

__global__ void __launch_bounds__(kBlockThreads)
    sum_squares_kernel(const double* parts, SquareParts layout, double* squares) {
  __shared__ double of_warp[kBlockWarps];
  double sum = 0;
  for (int set = 0; set < layout.count; ++set) {
    if (layout.group[set] != static_cast<int>(blockIdx.x)) continue;
    for (index_t i = layout.begin[set] + threadIdx.x; i < layout.begin[set + 1]; i += kBlockThreads) sum += parts[i];
  }
  sum = warp_sum(sum);
  if (lane_index() == 0) of_warp[warp_in_block()] = sum;
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int warp = 1; warp < kBlockWarps; ++warp) sum += of_warp[warp];
  squares[blockIdx.x] = sum;
}

dim3 two_grids(const Launch& launch) { return dim3(launch.warps / kBlockWarps, 2); }

}  // namespace

template <class T>
void launch_difference_rows(const Launch& launch, const NetworkPair<T>& nets, const BothDifferenceRows& rows,
                            const WarpMemory<T>& memory) {
  NBM_LAUNCH(difference_rows_kernel<T>, two_grids(launch), kBlockThreads, kTileBytes<T>, launch.stream, nets, rows,
             memory);
}

template <class T>
void launch_point_rows(const Launch& launch, const NetworkPair<T>& nets, const PointSets& rows,
                       const WarpMemory<T>& memory) {
  const dim3 grid(launch.warps / kBlockWarps, static_cast<unsigned>(rows.count));
  if (rows.set[0].has_differences) {
    NBM_LAUNCH((point_rows_kernel<T, true>), grid, kBlockThreads, kTileBytes<T>, launch.stream, nets, rows, memory);
  } else {
    NBM_LAUNCH((point_rows_kernel<T, false>), grid, kBlockThreads, kTileBytes<T>, launch.stream, nets, rows, memory);
  }
}

void launch_stencil_rows(const Launch& launch, const NetworkPair<double>& nets, const DeviceStencilRows& rows,
                         const EntryValues& values, const WarpMemory<double>& memory) {
  NBM_LAUNCH(entry_values_kernel, two_grids(launch), kBlockThreads, 0, launch.stream, nets, rows, values, memory);
  NBM_LAUNCH(stencil_residuals_kernel, launch.warps / kBlockWarps, kBlockThreads, 0, launch.stream, rows, values,
             memory.squares);
  if (memory.sums == nullptr) return;
  NBM_LAUNCH(entry_gradients_kernel, two_grids(launch), kBlockThreads, kTileBytes<double>, launch.stream, nets, rows,
             values, memory);
}

template <class T>
void launch_sum_gradients(const T* sums, const SharedUnits& units, int parameters, const double* factor,
                          double* gradient, cudaStream_t stream) {
  const dim3 grid((static_cast<unsigned>(parameters) + kSumColumns - 1) / kSumColumns, kSides);
  NBM_LAUNCH(sum_gradients_kernel<T>, grid, dim3(kSumColumns, kSumRows), 0, stream, sums, units, parameters, factor,
             gradient);
}

template <class T>
void launch_sum_point_gradients(const T* sums, const Launch& launch, const PointSets& rows, int parameters,
                                const double* factors, double* gradient) {
  const dim3 grid((static_cast<unsigned>(parameters) + kSumColumns - 1) / kSumColumns, kSides);
  NBM_LAUNCH(sum_point_gradients_kernel<T>, grid, dim3(kSumColumns, kSumRows), 0, launch.stream, sums,
             index_t{launch.warps}, rows, parameters, factors, gradient);
}

void launch_sum_squares(const double* parts, const SquareParts& layout, double* squares, cudaStream_t stream) {
  NBM_LAUNCH(sum_squares_kernel, kMostGroups, kBlockThreads, 0, stream, parts, layout, squares);
}

#define NBM_INSTANTIATE(T)                                                                                          \
  template void launch_difference_rows(const Launch&, const NetworkPair<T>&, const BothDifferenceRows&,             \
                                       const WarpMemory<T>&);                                                       \
  template void launch_point_rows(const Launch&, const NetworkPair<T>&, const PointSets&, const WarpMemory<T>&);    \
  template void launch_sum_point_gradients(const T*, const Launch&, const PointSets&, int, const double*, double*); \
  template void launch_sum_gradients(const T*, const SharedUnits&, int, const double*, double*, cudaStream_t)
NBM_INSTANTIATE(float);
NBM_INSTANTIATE(double);
#undef NBM_INSTANTIATE

}  // namespace nbm::cuda
