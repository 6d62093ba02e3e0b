#pragma once
#include <cmath>
#include <cstdint>

#include "nbm/rows/least_squares.hpp"
#include "nbm/rows/projection.hpp"
#include "nbm/rows/stencil.hpp"

// Ghost values: what the solution of the other side would be at a node (docs/method.md, section 7).
namespace nbm {

// Coefficients at the foot.
struct JumpSample {
  double mu[kSides];
  double jump_u, jump_flux;
};

// u_other(node) = sum_j weight_j u_j + constant over the 27 neighbours, each carrying the value of its own side.
struct GhostValue {
  double weight[kNeighbors];
  double constant;
};

// Bit n is set where neighbour n is on the minus side; phi: the level set at the node, in the 5 x 5 x 5 cube.
NBM_HD std::uint32_t minus_neighbors(const double* phi) {
  std::uint32_t mask = 0;
  int n = 0;
  for (int i = -1; i <= 1; ++i) {
    for (int j = -1; j <= 1; ++j) {
      for (int k = -1; k <= 1; ++k, ++n) {
        mask |= static_cast<std::uint32_t>(phi[cube_offset(i, j, k)] < 0.0) << n;
      }
    }
  }
  return mask;
}

// Least divisor of an implicit ghost value. On smooth interfaces it is 1/16 and more; thin layers and kinks of the
// level set can bring it to 0 or below, which would make the rows singular: there the derivative counts for less.
constexpr double kLeastDivisor = 0.05;

// minus: minus_neighbors of the node. The normal derivative is taken on the side of the smaller mu ("slow"), which
// bounds the factor of the derivative by 1 for any contrast; from the neighbours in `present` alone.
NBM_HD GhostValue ghost_value(std::uint32_t minus, const GhostGeometry& at, const JumpSample& jump, Vec3<double> h,
                              std::uint32_t present = kAllNeighbors) {
  const bool node_is_minus = (minus >> kNeighborSelf & 1u) != 0;
  const double to_other = node_is_minus ? 1.0 : -1.0;  // u_other = u_own + to_other (u+ - u-)
  const bool slow_is_minus = jump.mu[0] <= jump.mu[1];
  const double mu_slow = jump.mu[slow_is_minus ? 0 : 1], mu_fast = jump.mu[slow_is_minus ? 1 : 0];
  const double factor = slow_is_minus ? mu_slow / mu_fast - 1.0 : 1.0 - mu_slow / mu_fast;

  const std::uint32_t others = present & ~(1u << kNeighborSelf);
  const std::uint32_t used = others & (slow_is_minus ? minus : ~minus);
  const Vec3<double> y = least_squares_derivative(used, at.normal, h);

  // u_other = u_own + constant + reach (sum_j c_j u_j - sum_j c_j u_slow(node)), where u_slow is u_own or u_other.
  const double reach = to_other * at.distance * factor;
  GhostValue ghost;
  ghost.constant = to_other * (jump.jump_u + at.distance * jump.jump_flux / mu_fast);
  double sum = 0.0;
  for (int n = 0, i = -1; i <= 1; ++i) {
    for (int j = -1; j <= 1; ++j) {
      for (int k = -1; k <= 1; ++k, ++n) {
        const double c = (used >> n & 1u) != 0 ? i * y.x + j * y.y + k * y.z : 0.0;
        ghost.weight[n] = reach * c;
        sum += ghost.weight[n];
      }
    }
  }
  if (slow_is_minus == node_is_minus) {
    ghost.weight[kNeighborSelf] = 1.0 - sum;
    return ghost;
  }
  const double kept = 1.0 + sum < kLeastDivisor ? (kLeastDivisor - 1.0) / sum : 1.0;
  for (double& weight : ghost.weight) weight *= kept;
  ghost.weight[kNeighborSelf] = 1.0;
  const double divisor = 1.0 + kept * sum;
  for (double& weight : ghost.weight) weight /= divisor;
  ghost.constant /= divisor;
  return ghost;
}

}  // namespace nbm
