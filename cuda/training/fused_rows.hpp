#pragma once
#include "training/row_kernels.hpp"

// Rows in difference form of small networks of known shape, from coordinates to derivatives in registers and shared
// memory: the lanes of a group share one point's neurons, and each keeps the derivatives by its neurons' parameters
// over all its points, so that sums over points need no exchange until the end.
namespace nbm::cuda {

// About how many points a warp works on at a time.
constexpr int kFusedPoints = 4;

// Whether there is a kernel for this shape in single precision: with one hidden layer, with several.
bool has_fused_shallow(const Siren& siren);
bool has_fused_layers(const Siren& siren);

// As launch_difference_rows, for such a network, but the blocks of both sides, those of launch.warps twice, are shared
// out as SharedUnits says. The workspace is not used.
void launch_fused_shallow(const Launch& launch, const Siren& siren, const NetworkPair<float>& nets,
                          const BothDifferenceRows& rows, const WarpMemory<float>& memory);
void launch_fused_layers(const Launch& launch, const Siren& siren, const NetworkPair<float>& nets,
                         const BothDifferenceRows& rows, const WarpMemory<float>& memory);

inline bool has_fused_rows(const Siren& siren) { return has_fused_shallow(siren) || has_fused_layers(siren); }

inline void launch_fused_rows(const Launch& launch, const Siren& siren, const NetworkPair<float>& nets,
                              const BothDifferenceRows& rows, const WarpMemory<float>& memory) {
  if (has_fused_shallow(siren)) return launch_fused_shallow(launch, siren, nets, rows, memory);
  launch_fused_layers(launch, siren, nets, rows, memory);
}

}  // namespace nbm::cuda
