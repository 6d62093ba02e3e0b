#include "core/memory_pool.hpp"

#include <cstdint>
#include <map>
#include <mutex>

namespace nbm::cuda {
namespace {

// Kept when it is not in use: the workspace of the largest launch, and the results of a million points.
constexpr std::uint64_t kKeptBytes = std::uint64_t{512} << 20;

cudaMemPool_t make_pool(int device) {
  cudaMemPoolProps properties{};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location.type = cudaMemLocationTypeDevice;
  properties.location.id = device;
  cudaMemPool_t pool{};
  check(cudaMemPoolCreate(&pool, &properties), "making a pool of GPU memory");
  std::uint64_t kept = kKeptBytes;
  check(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &kept), "setting up a pool of GPU memory");
  return pool;
}

}  // namespace

cudaMemPool_t memory_pool(int device) {
  static std::mutex mutex;
  static std::map<int, cudaMemPool_t> pools;
  const std::lock_guard lock(mutex);
  const auto found = pools.find(device);
  return found != pools.end() ? found->second : pools.emplace(device, make_pool(device)).first->second;
}

}  // namespace nbm::cuda
