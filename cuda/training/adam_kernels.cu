#include "core/launch.hpp"
#include "training/adam_kernels.hpp"

namespace nbm::cuda {
namespace {

constexpr int kDecideThreads = 256, kUpdateThreads = 128;

// Numbers of rows in device memory: one for each side, or one.
struct RowCounts {
  const index_t* of[kRowGroups][kSides];
};

__global__ void factors_kernel(AdamArrays arrays, RowCounts counts) {
  const int group = static_cast<int>(threadIdx.x);
  if (arrays.control->refused != 0) return;
  double rows = 0;
  for (int s = 0; s < kSides; ++s) {
    const index_t* count = counts.of[group][s];
    if (count != nullptr) rows += static_cast<double>(*count);
  }
  arrays.factors[group] = 2.0 * group_factor(arrays.weights[group], rows);
  arrays.records[arrays.control->taken].rows[group] = rows;
}

__device__ bool is_finite(double x) { return x - x == 0.0; }

// One block: whether everything is finite, and what the update of all parameters shares.
__global__ void __launch_bounds__(kDecideThreads) decide_kernel(AdamArrays arrays, AdamOptions options) {
  __shared__ double squares_of[kDecideThreads];
  __shared__ int finite_of[kDecideThreads];
  const int thread = static_cast<int>(threadIdx.x);
  AdamControl& control = *arrays.control;
  if (control.refused != 0) return;
  double squares = 0;
  int finite = 1;
  for (int i = thread; i < arrays.count; i += kDecideThreads) {
    const double g = arrays.gradient[i];
    squares += g * g;
    if (!is_finite(g)) finite = 0;
  }
  squares_of[thread] = squares;
  finite_of[thread] = finite;
  for (int half = kDecideThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (thread >= half) continue;
    squares_of[thread] += squares_of[thread + half];
    finite_of[thread] &= finite_of[thread + half];
  }
  if (thread != 0) return;
  bool usable = finite_of[0] != 0 && (arrays.fault == nullptr || arrays.fault->kind == FieldFault::none);
  StepRecord& record = arrays.records[control.taken];
  for (int g = 0; g < kRowGroups; ++g) {
    record.squares[g] = arrays.squares[g];
    usable = usable && is_finite(arrays.squares[g]);
  }
  control.finite_gradient = finite_of[0];
  if (!usable) {
    control.refused = 1;
    return;
  }
  control.last = adam_step(options, control.step, squares_of[0]);
  ++control.step;
  ++control.taken;
}

__global__ void __launch_bounds__(kUpdateThreads) update_kernel(AdamArrays arrays, AdamOptions options) {
  const int i = static_cast<int>(blockIdx.x * kUpdateThreads + threadIdx.x);
  if (i >= arrays.count || arrays.control->refused != 0) return;
  adam_update(options, arrays.control->last, arrays.gradient[i], arrays.first[i], arrays.second[i],
              arrays.parameters[i]);
}

}  // namespace

void launch_step_factors(const AdamArrays& arrays, const DeviceRows& rows, cudaStream_t stream) {
  const RowCounts counts{{{rows.regular[0].count, rows.regular[1].count},
                          {rows.irregular.count, nullptr},
                          {rows.boundary[0].count, rows.boundary[1].count},
                          {rows.value_jump.count, nullptr},
                          {rows.flux_jump.count, nullptr}}};
  NBM_LAUNCH(factors_kernel, 1, kRowGroups, 0, stream, arrays, counts);
}

void launch_adam_step(const AdamArrays& arrays, const AdamOptions& options, cudaStream_t stream) {
  NBM_LAUNCH(decide_kernel, 1, kDecideThreads, 0, stream, arrays, options);
  const auto blocks = static_cast<unsigned>((arrays.count + kUpdateThreads - 1) / kUpdateThreads);
  NBM_LAUNCH(update_kernel, blocks, kUpdateThreads, 0, stream, arrays, options);
}

}  // namespace nbm::cuda
