#include "core/launch.hpp"
#include "solution/device_correction.hpp"

namespace nbm::cuda {
namespace {

constexpr int kThreads = 128;

// A thread a line.
__global__ void __launch_bounds__(kThreads) write_lines(GridView from, CubicLines::Line* lines) {
  const index_t at = static_cast<index_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= CubicLines::size(from.shape)) return;
  const index_t j = at % from.shape.y, before = at / from.shape.y;
  const index_t k = before % (from.shape.z - 3), i = before / (from.shape.z - 3);
  const double* const values = from.values + (i * from.shape.y + j) * from.shape.z + k;
  CubicLines::Line line;
  for (int n = 0; n < 4; ++n) line.values[n] = static_cast<float>(values[n]);
  lines[at] = line;
}

}  // namespace

DeviceCorrection::DeviceCorrection(const SidedGrid& grid, cudaStream_t stream) {
  for (const Side side : {Side::minus, Side::plus}) {
    const int s = index_of(side);
    values_[s].upload(grid.values(side), stream);
    GridView& view = view_.grid[s];
    view = grid.view(side);
    view.values = values_[s].data();
    const index_t size = CubicLines::size(view.shape);
    CubicLines::Line* const values = lines_[s].resize(size);
    NBM_LAUNCH(write_lines, static_cast<unsigned>((size + kThreads - 1) / kThreads), kThreads, 0, stream, view, values);
    CubicLines& lines = view_.lines[s];
    lines.values = values;
    for (int axis = 0; axis < kDim; ++axis) {
      lines.shape[axis] = static_cast<int>(view.shape[axis]);
      lines.rate[axis] = 0.5F * static_cast<float>(view.shape[axis] - 1);
    }
  }
}

}  // namespace nbm::cuda
