#pragma once
#include "core/device_buffer.hpp"
#include "nbm/solution/sided_grid.hpp"
#include "solution/cubic_lines.hpp"

namespace nbm::cuda {

// The functions of both sides as kernels read them, in network coordinates; without values where there is no
// correction.
struct CorrectionView {
  GridView grid[kSides];
  CubicLines lines[kSides];  // for values in float32
};

// A correction on the current device; never changed. Takes 48 bytes a node: on each side a number in float64 and a line
// in float32.
class DeviceCorrection {
 public:
  DeviceCorrection(const SidedGrid& grid, cudaStream_t stream);

  const CorrectionView& view() const { return view_; }

 private:
  DeviceBuffer<double> values_[kSides];
  DeviceBuffer<CubicLines::Line> lines_[kSides];
  CorrectionView view_;
};

}  // namespace nbm::cuda
