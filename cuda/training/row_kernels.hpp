#pragma once
#include "core/lanes.hpp"
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
// Sets of point rows that are launched together, by blockIdx.y: all with differences, or none.
constexpr int kMostPointSets = 16;
struct PointSets {
  DevicePointRows set[kMostPointSets];
  int count;
};
// Network values at the entries of stencil rows, then their seeds.
struct EntryValues {
  double* side[kSides];
};

struct Launch {
  unsigned warps;  // for each blockIdx.y; a multiple of kBlockWarps
  cudaStream_t stream;
};

// The launches of one kind of rows; of two sides by blockIdx.y.
template <class T>
void launch_difference_rows(const Launch& launch, const NetworkPair<T>& nets, const BothDifferenceRows& rows,
                            const WarpMemory<T>& memory);
template <class T>
void launch_point_rows(const Launch& launch, const NetworkPair<T>& nets, const PointSets& rows,
                       const WarpMemory<T>& memory);
// Rows of blockIdx.y = 0 alone have squares.
void launch_stencil_rows(const Launch& launch, const NetworkPair<double>& nets, const DeviceStencilRows& rows,
                         const EntryValues& values, const WarpMemory<double>& memory);

// Warps of both sides, those of minus first: as many of each or, if counts are given, whole blocks in the ratio of the
// rows of the sides, which the device alone knows; at least one block for a side with rows.
struct SharedUnits {
  const index_t* count[kSides];
  index_t units;  // with counts: two blocks or more

  NBM_HD index_t of_minus() const {
    if (count[0] == nullptr) return units / kSides;
    const index_t minus = *count[0], plus = *count[1], both = minus + plus, blocks = units / kBlockWarps;
    if (both == 0) return blocks / kSides * kBlockWarps;
    const index_t wanted = (blocks * minus + both / 2) / both;
    const index_t least = minus > 0 ? 1 : 0, most = blocks - (plus > 0 ? 1 : 0);
    return (wanted < least ? least : wanted > most ? most : wanted) * kBlockWarps;
  }
};

// gradient[side][p] = factor[0] * sum over the units of the side of sums[unit * parameters + p], both sides.
template <class T>
void launch_sum_gradients(const T* sums, const SharedUnits& units, int parameters, const double* factor,
                          double* gradient, cudaStream_t stream);
// The same of point rows: gradient[side][p] = sum over sets of factors[their group] times their sums.
template <class T>
void launch_sum_point_gradients(const T* sums, const Launch& launch, const PointSets& rows, int parameters,
                                const double* factors, double* gradient);
// squares[g] = sum of parts[begin[i]] ... parts[begin[i + 1] - 1] over the i with group[i] = g.
struct SquareParts {
  static constexpr int kMost = 32;

  index_t begin[kMost + 1];
  int group[kMost];
  int count;

  index_t end() const { return begin[count]; }
  void add(int of_group, index_t numbers) {
    group[count] = of_group;
    begin[count + 1] = begin[count] + numbers;
    ++count;
  }
};
void launch_sum_squares(const double* parts, const SquareParts& layout, double* squares, cudaStream_t stream);

}  // namespace nbm::cuda
