#include <algorithm>

#include "core/launch.hpp"
#include "core/warp.hpp"
#include "solution/expansion_sums.hpp"
#include "solution/solution_arrays.hpp"

// Expansions: some lanes share a point, each with a part of the basis functions, so that a few points are many threads
// already and a warp reads the functions of few pieces. In double precision whatever the arrays hold: coefficients are
// large and cancel.
namespace nbm::cuda {
namespace {

constexpr int kPointLanes = 8;
constexpr int kWarpPoints = kLanes / kPointLanes;
constexpr unsigned kMostBlocks = 1u << 14;

// Adds sign times the lane's part of one side's function.
template <int derivatives>
__device__ inline void add_side(const ExpansionView& expansion, int side, Vec3<double> point, double sign, int lane,
                                Jet<double>& total) {
  const index_t number = piece_at(expansion, side, point);
  if (number < 0) return;
  const PieceView& piece = expansion.pieces[number];
  const Vec3<double> place = to_expansion(expansion, point);
  const double x[kDim] = {place.x, place.y, place.z};
  const Jet<double> jet = sum_of_basis<derivatives>(piece.basis, piece.coefficients, x, {lane, kPointLanes});
  total.value += sign * jet.value;
  for (int k = 0; k < kDim; ++k) total.gradient[k] += sign * jet.gradient[k];
}

template <int derivatives>
__global__ void __launch_bounds__(kBlockThreads)
    expansion_kernel(const __grid_constant__ ExpansionView expansion, const __grid_constant__ SolutionArrays arrays,
                     Branch branch, const std::int8_t* side, const __grid_constant__ ExpansionSums sums) {
  const int lane = lane_index() % kPointLanes;
  // The lanes of a warp go round together, as they meet in the sums.
  for (index_t first = warp_index() * kWarpPoints; first < arrays.size; first += warp_count() * kWarpPoints) {
    const index_t i = first + lane_index() / kPointLanes;
    const bool used = i < arrays.size;
    Jet<double> total{};
    if (used) {
      const int own = branch == Branch::own ? side[i] : -1;
      const Vec3<double> point = point_of(arrays, i);
      for (int s = 0; s < kSides; ++s) {
        const bool wanted = branch == Branch::jump || own == s || branch == (s == 0 ? Branch::minus : Branch::plus);
        const double sign = branch == Branch::jump && s == 0 ? -1.0 : 1.0;
        if (wanted) add_side<derivatives>(expansion, s, point, sign, lane, total);
      }
    }
    total.value = warp_sum<kPointLanes>(total.value);
    if (used && lane == 0) sums.value[i] = total.value;
    if constexpr (derivatives > 0) {
      for (int k = 0; k < kDim; ++k) {
        const double sum = warp_sum<kPointLanes>(total.gradient[k]);
        if (used && lane == 0) sums.gradient[k][i] = sum / expansion.unit;
      }
    }
  }
}

}  // namespace

void launch_expansion(const ExpansionView& expansion, const SolutionArrays& arrays, Branch branch,
                      const std::int8_t* side, const ExpansionSums& sums, cudaStream_t stream) {
  const index_t block_points = kWarpPoints * kBlockWarps;
  const auto blocks =
      static_cast<unsigned>(std::min<index_t>(kMostBlocks, (arrays.size + block_points - 1) / block_points));
  if (sums.gradient[0] != nullptr) {
    NBM_LAUNCH(expansion_kernel<1>, blocks, kBlockThreads, 0, stream, expansion, arrays, branch, side, sums);
  } else {
    NBM_LAUNCH(expansion_kernel<0>, blocks, kBlockThreads, 0, stream, expansion, arrays, branch, side, sums);
  }
}

}  // namespace nbm::cuda
