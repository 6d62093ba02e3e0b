#pragma once
#include "core/lanes.hpp"
#include "core/launch.hpp"
#include "nbm/core/types.hpp"

namespace nbm::cuda {

__device__ inline int lane_index() { return static_cast<int>(threadIdx.x) % kLanes; }
__device__ inline int warp_in_block() { return static_cast<int>(threadIdx.x) / kLanes; }
// Number of this warp among those with the same blockIdx.y, and how many these are.
__device__ inline index_t warp_index() { return static_cast<index_t>(blockIdx.x) * kBlockWarps + warp_in_block(); }
__device__ inline index_t warp_count() { return static_cast<index_t>(gridDim.x) * kBlockWarps; }

// The sum over `lanes` lanes that follow each other (a power of 2), on each of them, in an order that does not change.
// All lanes of the warp must come here.
template <int lanes = kLanes, class T>
__device__ inline T warp_sum(T value) {
  for (int bits = lanes / 2; bits > 0; bits /= 2) value += __shfl_xor_sync(~0U, value, bits);
  return value;
}

// Memory of one lane in that of a warp: number i of all lanes lie side by side, so that a warp's access is one.
template <class T>
struct LanePointer {
  T* first;

  NBM_HD T& operator[](int i) const { return first[static_cast<index_t>(i) * kLanes]; }
  NBM_HD LanePointer operator+(int i) const { return {first + static_cast<index_t>(i) * kLanes}; }
};

}  // namespace nbm::cuda
