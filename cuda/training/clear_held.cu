#include "core/launch.hpp"
#include "training/clear_held.hpp"

namespace nbm::cuda {
namespace {

constexpr int kBlock = 128;

// A block along x a weight of any network that may be held, threads and blocks along y its rows.
__global__ void __launch_bounds__(kBlock)
    clear_held_kernel(HeldWeights held, double* numbers, index_t pitch, index_t rows) {
  const index_t block = blockIdx.x;
  const index_t parameter = block / held.weights * held.stride + block % held.weights;
  const index_t row = static_cast<index_t>(blockIdx.y) * kBlock + threadIdx.x;
  if (row < rows && held.holds(parameter)) numbers[parameter * pitch + row] = 0.0;
}

}  // namespace

void clear_held(const HeldWeights& held, index_t parameters, double* numbers, index_t pitch, index_t rows,
                cudaStream_t stream) {
  if (!held.any() || rows == 0) return;
  const auto weights = static_cast<unsigned>(parameters / held.stride * held.weights);
  const dim3 blocks(weights, static_cast<unsigned>((rows + kBlock - 1) / kBlock));
  NBM_LAUNCH(clear_held_kernel, blocks, kBlock, 0, stream, held, numbers, pitch, rows);
}

}  // namespace nbm::cuda
