#include "core/sum_parts.hpp"

namespace nbm::cuda {
namespace {

constexpr int kBlock = 256;

__global__ void sum_parts_kernel(const double* parts, int ranks, index_t count, double* values) {
  const index_t i = static_cast<index_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  double sum = parts[i];
  for (int rank = 1; rank < ranks; ++rank) sum += parts[rank * count + i];
  values[i] = sum;
}

}  // namespace

void sum_parts(const double* parts, int ranks, index_t count, double* values, cudaStream_t stream) {
  if (count == 0) return;
  const auto blocks = static_cast<unsigned>((count + kBlock - 1) / kBlock);
  NBM_LAUNCH(sum_parts_kernel, blocks, kBlock, 0, stream, parts, ranks, count, values);
}

}  // namespace nbm::cuda
