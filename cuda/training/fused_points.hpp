#pragma once
#include "training/row_kernels.hpp"

// Point rows of small networks of known shape: the lanes of a warp are the neurons, of one row at a time or of three.
namespace nbm::cuda {

// Rows that a warp should have, and how many warps a launch has at most for each blockIdx.y: more only add sums.
constexpr int kPointsOfWarp = 4, kMostPointWarps = 512;

// Whether there is a kernel for this shape: with one hidden layer; with several for rows of values.
template <class T>
bool has_fused_points(const Siren& siren, bool differences);

// As launch_point_rows, for such a network. The workspace is not used, nor are sums of sides that a set does not touch.
template <class T>
void launch_fused_points(const Launch& launch, const Siren& siren, const NetworkPair<T>& nets, const PointSets& rows,
                         const WarpMemory<T>& memory);

}  // namespace nbm::cuda
