#include "training/jacobian_kernels.hpp"
#include "training/point_pass.hpp"
#include "training/sinks.hpp"

namespace nbm::cuda {
namespace {

constexpr int kSquareThreads = 512;

// One lane's row of the panel.
struct PanelRow {
  index_t row;  // of the set; the last one again for lanes behind it
  bool valid;
  LanePointer<double> workspace;

  __device__ PanelRow(const JacobianPanel& panel, index_t first)
      : row(panel.begin + first + lane_index()),
        valid(row < panel.end),
        workspace{panel.workspace + warp_index() * panel.workspace_size * kLanes + lane_index()} {
    if (!valid) row = panel.end - 1;
  }
  __device__ TrainedSink<ColumnSink<double>> sink(const JacobianPanel& panel, int first_column) const {
    return {{panel.jacobian + first_column * panel.rows + (row - panel.begin), panel.rows, valid}, panel.held};
  }
  __device__ void store(const JacobianPanel& panel, double residual) const {
    if (valid) panel.residuals[row - panel.begin] = residual;
  }
};

__global__ void __launch_bounds__(kBlockThreads)
    difference_jacobian_kernel(SirenView<double> net, DeviceDifferenceRows rows, JacobianPanel panel) {
  for (index_t first = warp_index() * kLanes; first < panel.end - panel.begin; first += warp_count() * kLanes) {
    const PanelRow at(panel, first);
    const index_t i = at.row;
    double x[kDim], seed[kQuantities], out[kQuantities];
    seed[kValue] = panel.scale * rows.value[i];
    for (int k = 0; k < kDim; ++k) {
      x[k] = rows.x[k][i];
      seed[kFirst + k] = panel.scale * rows.first[k][i];
      seed[kSecond + k] = panel.scale * rows.second[k][i];
    }
    siren_differences(net, x, at.workspace, out);
    double residual = -panel.scale * rows.rhs[i];
    for (int q = 0; q < kQuantities; ++q) residual += seed[q] * out[q];
    at.store(panel, residual);
    TrainedSink<ColumnSink<double>> sink = at.sink(panel, 0);
    siren_differences_adjoint(net, x, at.workspace, seed, sink);
  }
}

template <bool Differences>
__global__ void __launch_bounds__(kBlockThreads)
    point_jacobian_kernel(NetworkPair<double> nets, DevicePointRows rows, JacobianPanel panel) {
  using Pass = PointPass<Differences, 1>;
  constexpr int terms = Pass::terms;
  const int first_side = rows.touches[0] ? 0 : 1;
  for (index_t first = warp_index() * kLanes; first < panel.end - panel.begin; first += warp_count() * kLanes) {
    const PanelRow at(panel, first);
    const index_t i = at.row;
    double x[kDim][1];
    for (int k = 0; k < kDim; ++k) x[k][0] = rows.x[k][i];
    double residual = -panel.scale * rows.rhs[i];
    for (int s = 0; s < kSides; ++s) {
      if (!rows.touches[s]) continue;
      double seed[1][terms], out[1][terms];
      for (int q = 0; q < terms; ++q) {
        seed[0][q] = rows.weight[s][q] == nullptr ? 0.0 : panel.scale * rows.weight[s][q][i];
      }
      Pass::forward(nets.side[s], x, at.workspace, out);
      for (int q = 0; q < terms; ++q) residual += seed[0][q] * out[0][q];
      TrainedSink<ColumnSink<double>> sink = at.sink(panel, (s - first_side) * panel.plus_offset);
      Pass::backward(nets.side[s], x, at.workspace, seed, sink);
    }
    at.store(panel, residual);
  }
}

// A warp for each row, its lanes for the entries.
__global__ void __launch_bounds__(kBlockThreads)
    stencil_jacobian_kernel(NetworkPair<double> nets, DeviceStencilRows rows, int trained, JacobianPanel panel) {
  NBM_DYN_SHARED(double, tiles);
  double* const tile = tiles + warp_in_block() * WarpSumSink<double>::kTile;
  const LanePointer<double> workspace{panel.workspace + warp_index() * panel.workspace_size * kLanes + lane_index()};
  for (index_t i = panel.begin + warp_index(); i < panel.end; i += warp_count()) {
    double of_lane = 0;
    for (int s = 0; s < kSides; ++s) {
      double* const row = panel.jacobian + s * panel.plus_offset * panel.rows + (i - panel.begin);
      for (int p = lane_index(); p < trained; p += kLanes) row[p * panel.rows] = 0.0;
      __syncwarp();
      TrainedSink<WarpSumSink<double>> sink{{tile, row, trained, panel.rows}, panel.held};
      const index_t end = rows.begin[s][i + 1];
      for (index_t first = rows.begin[s][i]; first < end; first += kLanes) {
        const bool valid = first + lane_index() < end;
        const index_t j = valid ? first + lane_index() : end - 1;
        double x[kDim][1], u[1];
        for (int k = 0; k < kDim; ++k) x[k][0] = rows.x[s][k][j];
        siren_values<1>(nets.side[s], x, workspace, u);
        const double seed[1] = {valid ? panel.scale * rows.weight[s][j] : 0.0};
        of_lane += valid ? seed[0] * u[0] : 0.0;
        siren_values_adjoint<1>(nets.side[s], x, workspace, seed, sink);
      }
      sink.sink.flush();
    }
    const double residual = warp_sum(of_lane) - panel.scale * rows.rhs[i];
    if (lane_index() == 0) panel.residuals[i - panel.begin] = residual;
  }
}

// One block.
__global__ void __launch_bounds__(kSquareThreads)
    panel_squares_kernel(const double* residuals, index_t count, double factor, double* squares) {
  __shared__ double of_warp[kSquareThreads / kLanes];
  double sum = 0;
  for (index_t i = threadIdx.x; i < count; i += kSquareThreads) sum += residuals[i] * residuals[i];
  sum = warp_sum(sum);
  if (lane_index() == 0) of_warp[warp_in_block()] = sum;
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int warp = 1; warp < kSquareThreads / kLanes; ++warp) sum += of_warp[warp];
  *squares = sum / factor;
}

__global__ void damp_kernel(double* matrix, const double* vector, DampedDiagonal diagonal, double* solution,
                            index_t n) {
  const index_t i = static_cast<index_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= n) return;
  matrix[i * n + i] = diagonal(matrix[i * n + i]);
  solution[i] = -vector[i];
}

__global__ void candidate_kernel(CandidateParts parts, double* candidate, double* failed_number) {
  const index_t p = static_cast<index_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (p == 0) *failed_number = *parts.failed;
  if (p >= kSides * parts.count) return;
  const index_t own = p % parts.count - parts.held, at = p / parts.count * parts.padded + own;
  double step = own < 0 ? 0.0 : parts.step[at];
  if (own >= 0 && parts.norms != nullptr) step *= parts.norms[at];
  candidate[p] = parts.parameters == nullptr ? step : parts.parameters[p] + step;
}

// A warp a column.
__global__ void scale_columns_kernel(double* columns, index_t rows, index_t count, double* inverse_norms) {
  const index_t column = warp_index();
  if (column >= count) return;
  double* const numbers = columns + column * rows;
  double squares = 0;
  for (index_t i = lane_index(); i < rows; i += kLanes) squares += numbers[i] * numbers[i];
  squares = warp_sum(squares);
  const double inverse = squares > 0 ? 1.0 / sqrt(squares) : 0.0;
  if (lane_index() == 0) inverse_norms[column] = inverse;
  for (index_t i = lane_index(); i < rows; i += kLanes) numbers[i] *= inverse;
}

}  // namespace

void launch_difference_jacobian(const SirenView<double>& net, const DeviceDifferenceRows& rows,
                                const JacobianPanel& panel) {
  NBM_LAUNCH(difference_jacobian_kernel, panel.warps / kBlockWarps, kBlockThreads, 0, panel.stream, net, rows, panel);
}

void launch_point_jacobian(const NetworkPair<double>& nets, const DevicePointRows& rows, const JacobianPanel& panel) {
  const unsigned blocks = panel.warps / kBlockWarps;
  if (rows.has_differences) {
    NBM_LAUNCH(point_jacobian_kernel<true>, blocks, kBlockThreads, 0, panel.stream, nets, rows, panel);
  } else {
    NBM_LAUNCH(point_jacobian_kernel<false>, blocks, kBlockThreads, 0, panel.stream, nets, rows, panel);
  }
}

void launch_stencil_jacobian(const NetworkPair<double>& nets, const DeviceStencilRows& rows, int trained,
                             const JacobianPanel& panel) {
  const std::size_t tiles = sizeof(double) * WarpSumSink<double>::kTile * kBlockWarps;
  NBM_LAUNCH(stencil_jacobian_kernel, panel.warps / kBlockWarps, kBlockThreads, tiles, panel.stream, nets, rows,
             trained, panel);
}

void launch_panel_squares(const JacobianPanel& panel, double factor, double* squares) {
  NBM_LAUNCH(panel_squares_kernel, 1, kSquareThreads, 0, panel.stream, panel.residuals, panel.end - panel.begin, factor,
             squares);
}

void launch_damp(double* matrix, const double* vector, DampedDiagonal diagonal, double* solution, index_t n,
                 cudaStream_t stream) {
  NBM_LAUNCH(damp_kernel, static_cast<unsigned>((n + kBlockThreads - 1) / kBlockThreads), kBlockThreads, 0, stream,
             matrix, vector, diagonal, solution, n);
}

void launch_candidate(const CandidateParts& parts, double* candidate, double* failed_number, cudaStream_t stream) {
  const index_t blocks = (kSides * parts.count + kBlockThreads - 1) / kBlockThreads;
  NBM_LAUNCH(candidate_kernel, static_cast<unsigned>(blocks), kBlockThreads, 0, stream, parts, candidate,
             failed_number);
}

void launch_scale_columns(double* columns, index_t rows, index_t count, double* inverse_norms, cudaStream_t stream) {
  NBM_LAUNCH(scale_columns_kernel, static_cast<unsigned>((count + kBlockWarps - 1) / kBlockWarps), kBlockThreads, 0,
             stream, columns, rows, count, inverse_norms);
}

}  // namespace nbm::cuda
