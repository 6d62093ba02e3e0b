#include "training/warps.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/lanes.hpp"

namespace nbm::cuda {
namespace {

constexpr index_t kMostBytes = index_t{256} << 20;  // of the workspace of a launch, and of its sums
constexpr index_t kWarpsOfMultiprocessor = 16;      // enough to hide latencies; more only add sums

int multiprocessors() {
  int device = 0, count = 0;
  check(cudaGetDevice(&device), "asking for the current GPU");
  check(cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device), "asking for the size of the GPU");
  return count;
}

}  // namespace

unsigned warps_for(index_t items, index_t bytes) {
  const index_t wanted = (items + kLanes - 1) / kLanes;
  const index_t most = std::min(kWarpsOfMultiprocessor * multiprocessors(), kMostBytes / std::max<index_t>(bytes, 1));
  const index_t blocks = (std::min(wanted, most) + kBlockWarps - 1) / kBlockWarps;
  return static_cast<unsigned>(std::max<index_t>(blocks, 1) * kBlockWarps);
}

}  // namespace nbm::cuda
