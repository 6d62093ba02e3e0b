#pragma once
#include <type_traits>

#include "core/device_buffer.hpp"
#include "nbm/solution/sided_grid.hpp"
#include "solution/cubic_lines.hpp"

namespace nbm::cuda {

// The function of one side as kernels of a precision read it; without values where there is no correction.
template <class T>
using CorrectionView = std::conditional_t<std::is_same_v<T, float>, CubicLines, GridView>;

// A correction on the current device, in network coordinates; never changed. Takes 48 bytes a node: on each side a
// number in float64 and a line in float32.
class DeviceCorrection {
 public:
  DeviceCorrection(const SidedGrid& grid, cudaStream_t stream);

  template <class T>
  const CorrectionView<T>& view(int side) const {
    if constexpr (std::is_same_v<T, float>) {
      return lines_[side];
    } else {
      return grids_[side];
    }
  }

 private:
  DeviceBuffer<double> values_[kSides];
  DeviceBuffer<CubicLines::Line> line_values_[kSides];
  GridView grids_[kSides];
  CubicLines lines_[kSides];
};

}  // namespace nbm::cuda
