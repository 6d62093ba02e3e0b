#pragma once
#include "core/launch.hpp"
#include "nbm/core/types.hpp"

namespace nbm::cuda {

// Sequences of counts and the sums before each of them.
struct ScanArrays {
  const std::int32_t* count;  // [sequences][count_stride]
  index_t count_stride;
  index_t* before;  // [sequences][before_stride]
  index_t before_stride;
  index_t* total;  // [sequences], or null
};

// before[first + i] = before[first] + sum of count[0 ... i) for i <= n, with before[0] = 0; n = min(most, *size -
// first) where `size` (device memory) is given. The counts begin anew at each call, the sums go on; a call without
// counts behind an earlier one writes nothing. In the order of the stream.
void exclusive_scan(const ScanArrays& arrays, int sequences, index_t first, index_t most, const index_t* size,
                    cudaStream_t stream);

}  // namespace nbm::cuda
