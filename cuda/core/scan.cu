#include "core/scan.hpp"

namespace nbm::cuda {
namespace {

constexpr int kWarp = 32;
constexpr int kScanThreads = 512;
constexpr unsigned kAllLanes = 0xffffffffu;

__device__ index_t warp_inclusive(index_t value) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  for (int reach = 1; reach < kWarp; reach <<= 1) {
    const index_t below = __shfl_up_sync(kAllLanes, value, reach);
    if (lane >= reach) value += below;
  }
  return value;
}

// One block a sequence, going through it kScanThreads numbers at a time.
__global__ void __launch_bounds__(kScanThreads)
    scan_sequences(ScanArrays arrays, index_t first, index_t most, const index_t* size) {
  __shared__ index_t warp_total[kScanThreads / kWarp];
  const int thread = static_cast<int>(threadIdx.x), warp = thread / kWarp, lane = thread % kWarp;
  const std::int32_t* count = arrays.count + blockIdx.x * arrays.count_stride;
  index_t* before = arrays.before + blockIdx.x * arrays.before_stride;
  index_t n = most;
  if (size != nullptr) n = *size - first < n ? *size - first : n;
  // An empty continuation leaves what is there: it may lie beyond the room of the sequence, and nothing may be there.
  if (first > 0 && n <= 0) return;
  index_t carry = first > 0 ? before[first] : 0;
  for (index_t chunk = 0; chunk < n; chunk += kScanThreads) {
    const index_t i = chunk + thread;
    const index_t own = i < n ? count[i] : 0;
    const index_t inclusive = warp_inclusive(own);
    if (lane == kWarp - 1) warp_total[warp] = inclusive;
    __syncthreads();
    index_t below = carry;
    for (int w = 0; w < kScanThreads / kWarp; ++w) {
      if (w < warp) below += warp_total[w];
      carry += warp_total[w];
    }
    if (i < n) before[first + i] = below + inclusive - own;
    __syncthreads();
  }
  if (thread == 0) before[first + n] = carry;
  if (thread == 0 && arrays.total != nullptr) arrays.total[blockIdx.x] = carry;
}

}  // namespace

void exclusive_scan(const ScanArrays& arrays, int sequences, index_t first, index_t most, const index_t* size,
                    cudaStream_t stream) {
  NBM_LAUNCH(scan_sequences, static_cast<unsigned>(sequences), kScanThreads, 0, stream, arrays, first, most, size);
}

}  // namespace nbm::cuda
