#include <algorithm>
#include <type_traits>

#include "core/launch.hpp"
#include "core/warp.hpp"
#include "solution/solution_arrays.hpp"
#include "solution/solution_kernels.hpp"

namespace nbm::cuda {
namespace {

// A block whose points are done makes room for another, so that many are shared out better than two that follow each
// other; those with a workspace have a part of it each.
constexpr index_t kMostBlocks = index_t{1} << 20;
constexpr index_t kMostBlocksWithWorkspace = 1024;
constexpr int kGradientBlocks = 3;                  // on a multiprocessor: 168 registers a thread, enough not to spill
constexpr index_t kMostBytes = index_t{256} << 20;  // of the workspace

__device__ inline bool is_finite(double value) { return value - value == 0.0; }

__device__ inline double level_set_at(const FieldView& field, FieldFault* fault, Vec3<double> point) {
  const double phi = field_value(field, point);
  if (!is_finite(phi) && fault != nullptr) report(fault, FieldFault::value, FieldId::level_set, phi, point);
  return phi;
}

// Parameters that functions take by reference are constants of the grid: otherwise each thread would copy them.
__global__ void __launch_bounds__(kBlockThreads)
    level_set_kernel(const __grid_constant__ FieldView level_set, FieldFault* fault,
                     const __grid_constant__ SolutionArrays arrays) {
  for (index_t i = warp_index() * kLanes + lane_index(); i < arrays.size; i += warp_count() * kLanes) {
    const double phi = level_set_at(level_set, fault, point_of(arrays, i));
    if (arrays.level_set != nullptr) store(arrays.level_set, i, arrays.type, phi);
    if (arrays.side != nullptr) arrays.side[i] = static_cast<std::int8_t>(is_finite(phi) ? phi >= 0.0 : -1);
  }
}

// The networks of one shape differ in their parameters alone, so that lanes on different sides go the same way.
template <class T>
__device__ inline SirenView<T> network_of(const SolutionView<T>& solution, int side) {
  SirenView<T> net = solution.networks.side[0];
  if (side != 0) net.parameters = solution.networks.side[1].parameters;
  return net;
}

// What the correction of a side adds at a point in network coordinates; the gradient where it is asked for. Values are
// in the precision of the networks.
template <bool gradient, class T>
__device__ inline ValueAndGradient correction_at(const CorrectionView& correction, int side, Vec3<double> place,
                                                 const T (&x)[kDim][1]) {
  const GridView& grid = correction.grid[side];
  if (grid.values == nullptr) return {0.0, {}};
  if constexpr (gradient) {
    return interpolate_cubic_gradient(grid, place);
  } else if constexpr (std::is_same_v<T, float>) {
    return {interpolate_cubic(correction.lines[side], {x[0][0], x[1][0], x[2][0]}), {}};
  } else {
    return {interpolate_cubic(grid, place), {}};
  }
}

// Runs pass(network, x, u, slope), x in network coordinates, for every point, and stores what the branch makes of it;
// without gradients, slope is left as it is.
template <bool gradients, class T, class Pass>
__device__ inline void for_points(const SolutionView<T>& solution, const SolutionArrays& arrays, Branch branch,
                                  Pass pass) {
  const Vec3<double> edge = solution.box.edge();
  for (index_t i = warp_index() * kLanes + lane_index(); i < arrays.size; i += warp_count() * kLanes) {
    const Vec3<double> point = point_of(arrays, i), place = solution.box.normalize(point);
    const T x[kDim][1] = {{static_cast<T>(place.x)}, {static_cast<T>(place.y)}, {static_cast<T>(place.z)}};
    int first = branch == Branch::plus ? 1 : 0, last = branch == Branch::minus ? 0 : 1;
    double missing = 0.0;  // NaN where the side is not known
    if (branch == Branch::own) {
      const double phi = level_set_at(solution.level_set, solution.fault, point);
      missing = phi - phi;
      first = last = phi < 0.0 ? 0 : 1;
    }
    double value = missing, gradient[kDim] = {missing, missing, missing};
    for (int side = first; side <= last; ++side) {
      const double sign = first != last && side == 0 ? -1.0 : 1.0;
      T u[1], slope[kDim] = {};
      pass(network_of(solution, side), x, u, slope);
      const ValueAndGradient added = correction_at<gradients>(solution.correction, side, place, x);
      value += sign * (static_cast<double>(u[0]) + added.value);
      for (int k = 0; gradients && k < kDim; ++k) {
        gradient[k] += sign * (static_cast<double>(slope[k]) + added.gradient[k]);
      }
    }
    const ExpansionSums& sums = solution.expansion;
    if (sums.value != nullptr) value += sums.value[i];
    if (arrays.values != nullptr) store(arrays.values, i, arrays.type, value);
    for (int k = 0; gradients && k < kDim; ++k) {
      double slope = 2.0 / edge[k] * gradient[k];
      if (sums.value != nullptr) slope += sums.gradient[k][i];
      store(arrays.gradient[k], i * arrays.gradient_stride, arrays.type, slope);
    }
  }
}

// One hidden layer: neuron after neuron, with nothing kept in memory.
template <class T>
__global__ void __launch_bounds__(kBlockThreads)
    shallow_values_kernel(const __grid_constant__ SolutionView<T> solution,
                          const __grid_constant__ SolutionArrays arrays, Branch branch) {
  for_points<false>(solution, arrays, branch, [](const SirenView<T>& net, const T(&x)[kDim][1], T(&u)[1], T(&)[kDim]) {
    const int width = net.width[0];
    const T* const out = net.parameters + net.layer_size(0);
    const T at[kDim] = {x[0][0], x[1][0], x[2][0]};
    T sum = out[width];
    for (int n = 0; n < width; ++n) sum += out[n] * sine_of(detail::first_preactivation(net, n, at));
    u[0] = sum;
  });
}

template <class T>
__device__ inline LanePointer<T> own_workspace(T* workspace, int numbers) {
  return {workspace + warp_index() * numbers * kLanes + lane_index()};
}

template <class T>
__global__ void __launch_bounds__(kBlockThreads)
    values_kernel(const __grid_constant__ SolutionView<T> solution, const __grid_constant__ SolutionArrays arrays,
                  Branch branch, T* workspace, int numbers) {
  const LanePointer<T> own = own_workspace(workspace, numbers);
  for_points<false>(solution, arrays, branch,
                    [own](const SirenView<T>& net, const T(&x)[kDim][1], T(&u)[1], T(&)[kDim]) {
                      siren_evaluate<1>(net, x, own, u);
                    });
}

struct NoSink {
  template <class T>
  NBM_HD void add(int /*parameter*/, T /*derivative*/) const {}
};

template <class T>
__global__ void __launch_bounds__(kBlockThreads, kGradientBlocks)
    gradient_kernel(const __grid_constant__ SolutionView<T> solution, const __grid_constant__ SolutionArrays arrays,
                    Branch branch, T* workspace, int numbers) {
  const LanePointer<T> own = own_workspace(workspace, numbers);
  for_points<true>(solution, arrays, branch,
                   [own](const SirenView<T>& net, const T(&x)[kDim][1], T(&u)[1], T(&slope)[kDim]) {
                     const T seed[1] = {T(1)};
                     NoSink sink;
                     siren_values<1>(net, x, own, u);
                     siren_values_adjoint<1>(net, x, own, seed, sink, slope);
                   });
}

unsigned blocks_for(index_t points) {
  return static_cast<unsigned>(std::min(kMostBlocks, (points + kBlockThreads - 1) / kBlockThreads));
}

bool is_shallow(const Siren& siren, bool gradient) { return siren.hidden.size() == 1 && !gradient; }

}  // namespace

SolutionLaunch plan_networks(const Siren& siren, index_t points, bool gradient, std::size_t bytes_of_number) {
  const auto depth = static_cast<int>(siren.hidden.size());
  SolutionLaunch launch{blocks_for(points), 0, 0};
  if (is_shallow(siren, gradient)) return launch;
  launch.numbers =
      gradient ? siren_workspace(siren.hidden, depth, 1) : siren_evaluate_workspace(siren.hidden, depth, 1);
  const index_t block = index_t{kBlockThreads} * launch.numbers;
  const index_t room = std::max<index_t>(1, kMostBytes / (block * static_cast<index_t>(bytes_of_number)));
  launch.blocks = static_cast<unsigned>(std::min({index_t{launch.blocks}, kMostBlocksWithWorkspace, room}));
  launch.workspace = launch.blocks * block;
  return launch;
}

void launch_level_set(const FieldView& level_set, FieldFault* fault, const SolutionArrays& arrays,
                      cudaStream_t stream) {
  NBM_LAUNCH(level_set_kernel, blocks_for(arrays.size), kBlockThreads, 0, stream, level_set, fault, arrays);
}

template <class T>
void launch_networks(const SolutionView<T>& solution, const SolutionArrays& arrays, Branch branch,
                     const SolutionLaunch& launch, T* workspace, cudaStream_t stream) {
  if (arrays.gradient[0] != nullptr) {
    NBM_LAUNCH(gradient_kernel<T>, launch.blocks, kBlockThreads, 0, stream, solution, arrays, branch, workspace,
               launch.numbers);
  } else if (launch.workspace == 0) {
    NBM_LAUNCH(shallow_values_kernel<T>, launch.blocks, kBlockThreads, 0, stream, solution, arrays, branch);
  } else {
    NBM_LAUNCH(values_kernel<T>, launch.blocks, kBlockThreads, 0, stream, solution, arrays, branch, workspace,
               launch.numbers);
  }
}

template void launch_networks<float>(const SolutionView<float>&, const SolutionArrays&, Branch, const SolutionLaunch&,
                                     float*, cudaStream_t);
template void launch_networks<double>(const SolutionView<double>&, const SolutionArrays&, Branch, const SolutionLaunch&,
                                      double*, cudaStream_t);

}  // namespace nbm::cuda
