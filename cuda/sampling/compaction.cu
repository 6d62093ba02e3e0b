#include <limits>
#include <string>

#include "core/scan.hpp"
#include "nbm/core/error.hpp"
#include "sampling/compaction.hpp"

namespace nbm::cuda {
namespace {

constexpr int kWarp = 32;
constexpr int kBlock = 256;
constexpr int kWarps = kBlock / kWarp;
constexpr unsigned kAllLanes = 0xffffffffu;

struct Sorting {
  const PointClass* kind;
  index_t candidates, blocks;
  std::int32_t* block_count;
  const index_t* block_begin;
  std::uint32_t* members;
};

// Candidates of class c in each warp of the block; returns those before this thread in its own warp if it is in c.
struct Ranks {
  std::int32_t in_warp[kWarps][kPointClasses];
};

__device__ int rank_in_warp(PointClass own, Ranks& ranks) {
  const int thread = static_cast<int>(threadIdx.x), lane = thread % kWarp;
  int rank = 0;
  for (int c = 0; c < kPointClasses; ++c) {
    const bool mine = static_cast<int>(own) == c;
    const unsigned all = __ballot_sync(kAllLanes, mine);
    if (mine) rank = __popc(all & ((1u << lane) - 1u));
    if (lane == 0) ranks.in_warp[thread / kWarp][c] = __popc(all);
  }
  return rank;
}

__device__ PointClass class_of(const Sorting& sorting, index_t i) {
  return i < sorting.candidates ? sorting.kind[i] : PointClass::dropped;
}

__global__ void __launch_bounds__(kBlock) count_classes(Sorting sorting) {
  __shared__ Ranks ranks;
  const int thread = static_cast<int>(threadIdx.x);
  rank_in_warp(class_of(sorting, static_cast<index_t>(blockIdx.x) * kBlock + thread), ranks);
  __syncthreads();
  if (thread >= kPointClasses) return;
  std::int32_t sum = 0;
  for (int warp = 0; warp < kWarps; ++warp) sum += ranks.in_warp[warp][thread];
  sorting.block_count[thread * sorting.blocks + blockIdx.x] = sum;
}

__global__ void __launch_bounds__(kBlock) list_members(Sorting sorting) {
  __shared__ Ranks ranks;
  const int thread = static_cast<int>(threadIdx.x);
  const index_t i = static_cast<index_t>(blockIdx.x) * kBlock + thread;
  const PointClass own = class_of(sorting, i);
  index_t rank = rank_in_warp(own, ranks);
  __syncthreads();
  if (own == PointClass::dropped) return;
  const int c = static_cast<int>(own);
  for (int warp = 0; warp < thread / kWarp; ++warp) rank += ranks.in_warp[warp][c];
  rank += sorting.block_begin[c * (sorting.blocks + 1) + blockIdx.x];
  sorting.members[c * sorting.candidates + rank] = static_cast<std::uint32_t>(i);
}

}  // namespace

void Compaction::resize(index_t most) {
  if (most > static_cast<index_t>(std::numeric_limits<std::uint32_t>::max())) {
    throw InvalidArgument("counts", "a draw of " + std::to_string(most) +
                                        " candidates is more than a GPU sorts at once; ask for fewer points, or for "
                                        "more ranks");
  }
  most_ = most;
  blocks_ = (most + kBlock - 1) / kBlock;
  block_count_.resize(kPointClasses * blocks_);
  block_begin_.resize(kPointClasses * (blocks_ + 1));
  totals_.resize(kPointClasses);
  members_.resize(kPointClasses * most_);
}

void Compaction::run(const PointClass* kind, cudaStream_t stream) {
  const Sorting sorting{kind, most_, blocks_, block_count_.data(), block_begin_.data(), members_.data()};
  const auto blocks = static_cast<unsigned>(blocks_);
  if (blocks > 0) NBM_LAUNCH(count_classes, blocks, kBlock, 0, stream, sorting);
  exclusive_scan({block_count_.data(), blocks_, block_begin_.data(), blocks_ + 1, totals_.data()}, kPointClasses, 0,
                 blocks_, nullptr, stream);
  if (blocks > 0) NBM_LAUNCH(list_members, blocks, kBlock, 0, stream, sorting);
}

}  // namespace nbm::cuda
