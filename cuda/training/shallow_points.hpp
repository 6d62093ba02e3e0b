#pragma once
#include "training/row_kernels.hpp"

// Point rows of networks with one hidden layer: a warp a row, whose lanes are the neurons.
namespace nbm::cuda {

// Rows that a warp should have, and how many warps a launch has at most for each blockIdx.y: more only add sums.
constexpr int kShallowPoints = 4, kMostShallowWarps = 512;

// Whether there is a kernel for this shape.
bool has_shallow_points(const Siren& siren);

// As launch_point_rows, for such a network. The workspace is not used, nor are sums of sides that a set does not touch.
template <class T>
void launch_shallow_points(const Launch& launch, const Siren& siren, const NetworkPair<T>& nets, const PointSets& rows,
                           const WarpMemory<T>& memory);

}  // namespace nbm::cuda
