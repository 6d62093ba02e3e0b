#include "core/launch.hpp"
#include "training/adam_kernels.hpp"

namespace nbm::cuda {
namespace {

constexpr int kDecideThreads = 256, kUpdateThreads = 128;

// Numbers of rows in device memory, of each set.
struct CountOfSet {
  const index_t* rows;
  int group;
};
struct AllCounts {
  static constexpr int kMost = 48;

  CountOfSet of[kMost];
  int sets;

  void add(const index_t* rows, int group) { of[sets++] = {rows, group}; }
};

__global__ void factors_kernel(AdamArrays arrays, AllCounts counts) {
  const int group = static_cast<int>(threadIdx.x);
  if (arrays.control->refused != 0) return;
  double rows = 0;
  for (int s = 0; s < counts.sets; ++s) {
    if (counts.of[s].group == group) rows += static_cast<double>(*counts.of[s].rows);
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
  for (int g = 0; g < kMostGroups; ++g) {
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
  AllCounts counts{};
  for (const DeviceDifferenceRows& side : rows.regular) counts.add(side.count, kRegularGroup);
  counts.add(rows.irregular.count, kIrregularGroup);
  for (const DevicePointRows& set : rows.points) counts.add(set.count, set.group);
  NBM_LAUNCH(factors_kernel, 1, kMostGroups, 0, stream, arrays, counts);
}

void launch_adam_step(const AdamArrays& arrays, const AdamOptions& options, cudaStream_t stream) {
  NBM_LAUNCH(decide_kernel, 1, kDecideThreads, 0, stream, arrays, options);
  const auto blocks = static_cast<unsigned>((arrays.count + kUpdateThreads - 1) / kUpdateThreads);
  NBM_LAUNCH(update_kernel, blocks, kUpdateThreads, 0, stream, arrays, options);
}

}  // namespace nbm::cuda
