#include "core/launch.hpp"
#include "rows/row_assembly.hpp"

// Right sides for the units of u in training (nbm/rows/value_scale.hpp): one thread a row.
namespace nbm::cuda {
namespace {

constexpr int kBlock = 128;

__device__ index_t row_of_thread() { return static_cast<index_t>(blockIdx.x) * blockDim.x + threadIdx.x; }

__global__ void __launch_bounds__(kBlock)
    scale_difference_rows(const double* value, double* rhs, const index_t* count, int side, ValueScale values) {
  const index_t row = row_of_thread();
  if (row >= *count) return;
  rhs[row] = values.rhs(rhs[row], side == 0 ? value[row] : 0.0, side == 1 ? value[row] : 0.0);
}

__global__ void __launch_bounds__(kBlock)
    scale_stencil_rows(StencilRowsOut rows, const index_t* count, ValueScale values) {
  const index_t row = row_of_thread();
  if (row >= *count) return;
  double sums[kSides] = {0.0, 0.0};
  for (int side = 0; side < kSides; ++side) {
    for (index_t j = rows.begin[side][row]; j < rows.begin[side][row + 1]; ++j) sums[side] += rows.weight[side][j];
  }
  rows.rhs[row] = values.rhs(rows.rhs[row], sums[0], sums[1]);
}

__global__ void __launch_bounds__(kBlock)
    scale_point_rows(const double* minus, const double* plus, double* rhs, const index_t* count, ValueScale values) {
  const index_t row = row_of_thread();
  if (row >= *count) return;
  rhs[row] = values.rhs(rhs[row], minus != nullptr ? minus[row] : 0.0, plus != nullptr ? plus[row] : 0.0);
}

unsigned blocks_for(index_t rows) { return static_cast<unsigned>((rows + kBlock - 1) / kBlock); }

}  // namespace

void launch_scale_difference_rows(const DifferenceRowsOut& rows, const index_t* count, index_t most, int side,
                                  const ValueScale& values, cudaStream_t stream) {
  if (most == 0) return;
  const double* value = rows.value;
  NBM_LAUNCH(scale_difference_rows, blocks_for(most), kBlock, 0, stream, value, rows.rhs, count, side, values);
}

void launch_scale_stencil_rows(const StencilRowsOut& rows, const index_t* count, index_t most, const ValueScale& values,
                               cudaStream_t stream) {
  if (most == 0) return;
  NBM_LAUNCH(scale_stencil_rows, blocks_for(most), kBlock, 0, stream, rows, count, values);
}

void launch_scale_point_rows(const PointRowsOut& rows, const index_t* count, index_t most, const ValueScale& values,
                             cudaStream_t stream) {
  if (most == 0) return;
  const double *minus = rows.weight[0][0], *plus = rows.weight[1][0];
  NBM_LAUNCH(scale_point_rows, blocks_for(most), kBlock, 0, stream, minus, plus, rows.rhs, count, values);
}

}  // namespace nbm::cuda
