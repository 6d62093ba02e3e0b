#pragma once
#include "nbm/training/loss.hpp"
#include "network/device_networks.hpp"
#include "rows/device_rows.hpp"

// Residuals of rows in device memory, and their derivatives. Each warp takes every n-th group of 32 rows (or stencil
// entries) and keeps sums of its own; second-stage kernels add those in the order of the warps. So results have the
// same bits in every run.
namespace nbm::cuda {

// What the warps of a launch keep, for each blockIdx.y and warp: `sums` [y][warp][sides in a row][parameters],
// `squares` [y][warp], `workspace` [y][warp][numbers][lane].
template <class T>
struct WarpMemory {
  T* sums;  // null: no derivatives wanted
  double* squares;
  T* workspace;
  index_t workspace_size;  // numbers of one lane
  int parameters;
};

struct BothDifferenceRows {
  DeviceDifferenceRows side[kSides];
};
struct BothValueRows {
  DeviceValueRows side[kSides];
};
struct BothJumpRows {
  DeviceJumpRows condition[2];
};
// Network values at the entries of stencil rows, then their seeds.
struct EntryValues {
  double* side[kSides];
};

struct Launch {
  unsigned warps;  // for each blockIdx.y; a multiple of kBlockWarps
  cudaStream_t stream;
};

// The launches of one kind of rows; of two sides, or two jump conditions, by blockIdx.y.
template <class T>
void launch_difference_rows(const Launch& launch, const NetworkPair<T>& nets, const BothDifferenceRows& rows,
                            const WarpMemory<T>& memory);
template <class T>
void launch_value_rows(const Launch& launch, const NetworkPair<T>& nets, const BothValueRows& rows,
                       const WarpMemory<T>& memory);
template <class T>
void launch_jump_rows(const Launch& launch, const NetworkPair<T>& nets, const BothJumpRows& rows,
                      const WarpMemory<T>& memory);
// Rows of blockIdx.y = 0 alone have squares.
void launch_stencil_rows(const Launch& launch, const NetworkPair<double>& nets, const DeviceStencilRows& rows,
                         const EntryValues& values, const WarpMemory<double>& memory);

// gradient[side][p] += factor[0] * sum over units of sums[side * side_stride + unit * unit_stride + p], both sides.
template <class T>
void launch_sum_gradients(const T* sums, index_t units, index_t unit_stride, index_t side_stride, int parameters,
                          const double* factor, double* gradient, cudaStream_t stream);
// squares[g] = sum of parts[begin[g]] ... parts[begin[g + 1] - 1].
struct SquareParts {
  index_t begin[kRowGroups + 1];
};
void launch_sum_squares(const double* parts, const SquareParts& layout, double* squares, cudaStream_t stream);

}  // namespace nbm::cuda
