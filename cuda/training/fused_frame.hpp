#pragma once
#include <vector>

#include "core/launch.hpp"
#include "core/warp.hpp"
#include "training/fused_rows.hpp"

// What the fused kernels of networks with one and with several hidden layers have in common.
#if defined(__CUDACC__) || defined(NBM_CUDA_ON_CPU)
namespace nbm::cuda {

constexpr int kQuad = 4;  // numbers of one access of shared memory

// A row in single precision, as the lanes of its group read it from shared memory: in three accesses.
template <class T>
struct alignas(kQuad * sizeof(T)) FusedRow {
  T x[kDim], rhs, weight[kQuantities], unused;
};
constexpr int kRowNumbers = kDim + 1 + kQuantities;  // without the unused one

// The rows that a warp works on, `points` at a time with `group` lanes each. Each lane fetches some of the numbers of
// its group's row, those of the next row while the warp is at work on the last.
template <class T, int group, int points>
class RowReader {
 public:
  // slots: memory of [points] rows for the warp; first: row of its first group
  __device__ RowReader(const DeviceDifferenceRows& rows, index_t first, FusedRow<T>* slots) : slot_(slots + place()) {
    NBM_UNROLL
    for (int l = 0; l < loads; ++l) next_[l] = array(rows, number(l)) + first + place();
  }

  __device__ static int place() { return lane_index() / group; }
  __device__ static int member() { return lane_index() % group; }
  // Lanes beyond the last group have no row.
  __device__ static bool has_place() { return points * group == kLanes || place() < points; }

  // Reads the group's next row, if it is there, and goes on by `step` rows.
  __device__ void fetch(bool there, index_t step) {
    NBM_UNROLL
    for (int l = 0; l < loads; ++l) {
      if (there) fetched_[l] = *next_[l];
      next_[l] += step;
    }
  }
  // The row that was fetched, for all lanes of the group until the next call.
  __device__ const FusedRow<T>& row() {
    __syncwarp();
    NBM_UNROLL
    for (int l = 0; l < loads; ++l) {
      const bool mine = has_place() && member() + l * group < kRowNumbers;
      if (mine) reinterpret_cast<T*>(slot_)[number(l)] = static_cast<T>(fetched_[l]);
    }
    __syncwarp();
    return has_place() ? *slot_ : *(slot_ - place());
  }

 private:
  static constexpr int loads = (kRowNumbers + group - 1) / group;

  // Lanes too many fetch the last number again.
  __device__ static int number(int l) {
    const int wanted = member() + l * group;
    return wanted < kRowNumbers ? wanted : kRowNumbers - 1;
  }
  __device__ static const double* array(const DeviceDifferenceRows& rows, int number) {
    const double* found = rows.rhs;
    constexpr int weights = kDim + 1;
    if (number == weights + kValue) found = rows.value;
    NBM_UNROLL
    for (int k = 0; k < kDim; ++k) {
      if (number == k) found = rows.x[k];
      if (number == weights + kFirst + k) found = rows.first[k];
      if (number == weights + kSecond + k) found = rows.second[k];
    }
    return found;
  }

  FusedRow<T>* slot_;
  const double* next_[loads];
  double fetched_[loads] = {};
};

// Lane: a lane's part in the work on points, of the network in shared memory that all threads of a block prepare.
//   group, points, kSharedNumbers    lanes of a point; points of a warp; numbers of the block without the rows
//   Lane::prepare(net, shared)       by all threads of the block
//   Lane(net, shared)                behind a barrier
//   residual(row), add_gradient(row, residual), store_gradient(sums)
template <class T, class Lane>
__device__ void fused_rows(const NetworkPair<T>& nets, const BothDifferenceRows& both, const WarpMemory<T>& memory,
                           T* shared) {
  const SharedUnits warps{{both.side[0].count, both.side[1].count}, index_t{gridDim.x} * kBlockWarps};
  const index_t unit = index_t{blockIdx.x} * kBlockWarps + warp_in_block(), minus = warps.of_minus();
  const bool plus = unit >= minus;
  const DeviceDifferenceRows& rows = both.side[plus ? 1 : 0];
  auto* const slots = reinterpret_cast<FusedRow<T>*>(shared);
  T* const of_lane = reinterpret_cast<T*>(slots + kBlockWarps * Lane::points);
  Lane::prepare(nets.side[plus ? 1 : 0], of_lane);
  __syncthreads();
  Lane lane(nets.side[plus ? 1 : 0], of_lane);
  const index_t step = (plus ? warps.units - minus : minus) * Lane::points;
  const index_t first = (plus ? unit - minus : unit) * Lane::points;
  RowReader<T, Lane::group, Lane::points> reader(rows, first, slots + warp_in_block() * Lane::points);
  const bool gradient = memory.sums != nullptr;
  double squares = 0;
  index_t left = *rows.count - first;  // rows from those of the warp on
  reader.fetch(reader.place() < left, step);
  for (; left > 0; left -= step) {
    const FusedRow<T>& row = reader.row();
    reader.fetch(reader.place() < left - step, step);
    T residual = lane.residual(row);
    if (!reader.has_place() || reader.place() >= left) residual = T(0);
    if (reader.member() == 0) squares += static_cast<double>(residual * residual);
    if (gradient) lane.add_gradient(row, residual);
  }
  if (gradient) lane.store_gradient(memory.sums + unit * memory.parameters);
  squares = warp_sum(squares);
  if (lane_index() == 0) memory.squares[unit] = squares;
}

template <class T, class Lane>
constexpr std::size_t fused_bytes() {
  return sizeof(FusedRow<T>) * kBlockWarps * Lane::points + sizeof(T) * Lane::kSharedNumbers;
}

// The sum over the lanes of a group, on each of them.
template <int group, class T>
__device__ T group_sum(T part) {
  if constexpr ((group & (group - 1)) == 0) {
    return warp_sum<group>(part);
  } else {
    T sum = T(0);
    const int first = lane_index() - lane_index() % group;
    for (int member = 0; member < group; ++member) sum += __shfl_sync(~0U, part, (first + member) % kLanes);
    return sum;
  }
}

// The sum over all points of the warp of numbers of lanes that agree in their place in the group.
template <int group, int points, class T>
__device__ T sum_of_points(T of_lane) {
  T sum = T(0);
  for (int p = 0; p < points; ++p) sum += __shfl_sync(~0U, of_lane, p * group + lane_index() % group);
  return sum;
}
// The same for `to` of the first of them.
template <int group, int points, class T>
__device__ void store_sum(T of_lane, bool mine, T* to) {
  const T sum = sum_of_points<group, points>(of_lane);
  if (mine && lane_index() < group) *to = sum;
}

// Calls use(shape) for the first shape that fits; false if none does.
template <class... Shapes>
struct Menu {
  template <class Use>
  static bool choose(const Siren& siren, Use use) {
    return ((Shapes::fits(siren.hidden) && (use(Shapes{}), true)) || ...);
  }
};

}  // namespace nbm::cuda
#endif
