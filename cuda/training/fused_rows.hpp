#pragma once
#include "training/row_kernels.hpp"

// Rows in difference form of small networks of known shape, from coordinates to derivatives in registers and shared
// memory: the lanes of a group share one point's neurons, and each keeps the derivatives by its neurons' parameters
// over all its points, so that sums over points need no exchange until the end.
namespace nbm::cuda {

// About how many points a warp works on at a time.
constexpr int kFusedPoints = 4;

// Whether there is a kernel for this shape in single precision.
bool has_fused_rows(const Siren& siren);

// As launch_difference_rows, for such a network. The workspace is not used.
void launch_fused_rows(const Launch& launch, const Siren& siren, const NetworkPair<float>& nets,
                       const BothDifferenceRows& rows, const WarpMemory<float>& memory);

}  // namespace nbm::cuda
