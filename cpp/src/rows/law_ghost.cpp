#include "law_ghost.hpp"

#include <algorithm>
#include <cmath>

namespace nbm {
namespace {

constexpr std::size_t kCenter = kCubeCenter;

// What a node of the cube is to the fits: its terms, in cells, and its weight.
struct FitNode {
  QuadraticTerms terms;
  double weight;
};

std::array<FitNode, kCubeNodes> fit_nodes() {
  std::array<FitNode, kCubeNodes> nodes{};
  for (int i = -kCubeReach; i <= kCubeReach; ++i) {
    for (int j = -kCubeReach; j <= kCubeReach; ++j) {
      for (int k = -kCubeReach; k <= kCubeReach; ++k) {
        const Vec3<double> offset = {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)};
        nodes[static_cast<std::size_t>(cube_index(i, j, k))] = {quadratic_terms(offset),
                                                                1.0 / (1.0 + dot(offset, offset))};
      }
    }
  }
  return nodes;
}

const std::array<FitNode, kCubeNodes> kFitNodes = fit_nodes();

// The first-order derivative on one side of ghost_value(): sum_j c_j (u_j - u_side(node)).
CubeForm linear_slope(const SidesAround& sides, int side, Vec3<double> normal, Vec3<double> h) {
  std::uint32_t used = 0;
  const auto cube_node = [](int n) {
    return static_cast<std::size_t>(cube_index(n / 9 - 1, n / 3 % 3 - 1, n % 3 - 1));
  };
  for (int n = 0; n < kNeighbors; ++n) {
    used |= static_cast<std::uint32_t>(n != kNeighborSelf && sides[cube_node(n)] == side) << n;
  }
  const Vec3<double> y = least_squares_derivative(used, normal, h);
  CubeForm form;
  for (int n = 0; n < kNeighbors; ++n) {
    if ((used >> n & 1u) == 0) continue;
    const double c = (n / 9 - 1) * y.x + (n / 3 % 3 - 1) * y.y + (n % 3 - 1) * y.z;
    form.weight[cube_node(n)] = c;
    form.weight[kCenter] -= c;
  }
  return form;
}

}  // namespace

void CubeForm::add(const CubeForm& other, double factor) {
  for (std::size_t n = 0; n < weight.size(); ++n) weight[n] += factor * other.weight[n];
  constant += factor * other.constant;
}

SideFit::SideFit(const SidesAround& sides, int side, Vec3<double> h)
    : sides_(sides), side_(static_cast<std::int8_t>(side)), h_(h) {
  for (std::size_t n = 0; n < kFitNodes.size(); ++n) {
    if (n == kCenter || sides_[n] == side_) fit_.add(kFitNodes[n].terms, kFitNodes[n].weight);
  }
  fit_.factor();
}

CubeForm SideFit::value(Vec3<double> place) const { return form(quadratic_terms(scaled(place))); }

CubeForm SideFit::slope(Vec3<double> place, Vec3<double> direction) const {
  return form(quadratic_slopes(scaled(place), scaled(direction)));
}

CubeForm SideFit::form(const QuadraticTerms& functional) const {
  const QuadraticTerms y = fit_.solve(functional);
  CubeForm out;
  for (std::size_t n = 0; n < kFitNodes.size(); ++n) {
    if (n == kCenter || sides_[n] == side_) out.weight[n] = kFitNodes[n].weight * dot(y, kFitNodes[n].terms);
  }
  return out;
}

Vec3<double> normal_at(const double* phi, Vec3<double> place, Vec3<double> h) {
  const auto step = [](int axis, int sign) {
    return sign * cube_offset(axis == 0 ? 1 : 0, axis == 1 ? 1 : 0, axis == 2 ? 1 : 0);
  };
  Vec3<double> gradient;
  for (int k = 0; k < kDim; ++k) {
    gradient[k] = 0.5 * (phi[step(k, 1)] - phi[step(k, -1)]);
    for (int j = 0; j < kDim; ++j) {
      const auto phi_at = [&](int of_k, int of_j) { return phi[step(k, of_k) + step(j, of_j)]; };
      const double second = j == k ? phi_at(1, 0) - 2.0 * phi_at(0, 0) + phi_at(-1, 0)
                                   : 0.25 * (phi_at(1, 1) - phi_at(1, -1) - phi_at(-1, 1) + phi_at(-1, -1));
      gradient[k] += second * place[j] / h[j];
    }
    gradient[k] /= h[k];
  }
  const double length = std::sqrt(dot(gradient, gradient));
  return length > 0.0 ? (1.0 / length) * gradient : gradient;
}

LawGhost::LawGhost(const SidesAround& sides, const GhostGeometry& at, const JumpCondition<double>& jump,
                   const double* phi, Vec3<double> h, double least_separation)
    : own_(sides, sides[kCenter], h), beyond_(sides, 1 - sides[kCenter], h) {
  const int own = sides[kCenter], other = 1 - own;
  const double to_other = own == index_of(Side::minus) ? 1.0 : -1.0;
  const int slow = jump.mu[0] <= jump.mu[1] ? 0 : 1;
  const double mu_slow = jump.mu[slow], mu_fast = jump.mu[1 - slow];
  const double factor = slow == 0 ? mu_slow / mu_fast - 1.0 : 1.0 - mu_slow / mu_fast;
  const double length = jump.resistance * jump.mu[other];
  const double reach = to_other * at.distance * factor;
  const CubeForm slope = linear_slope(sides, slow, at.normal, h);
  const CubeForm own_value = own_.value(at.foot), other_value = beyond_.value(at.foot);
  const CubeForm other_slope = beyond_.slope(at.foot, normal_at(phi, at.foot, h));
  // What the equation of ghost_value() has of the ghost value; its divisor stays positive.
  const double of_ghost = slow == own ? 0.0 : reach * slope.weight[kCenter];
  const double kept = 1.0 - of_ghost < kLeastDivisor ? (1.0 - kLeastDivisor) / of_ghost : 1.0;

  separation_ = std::max(least_separation, length / (length + std::min({h.x, h.y, h.z})));
  const double joined = 1.0 - kept * of_ghost, of_resistance = -to_other * length * other_slope.weight[kCenter];
  if (other_value.weight[kCenter] + of_resistance < kLeastDivisor) {
    const double most = (joined + of_resistance - kLeastDivisor) / (joined - other_value.weight[kCenter]);
    separation_ = std::max(0.0, std::min(separation_, most));
  }
  const double together = 1.0 - separation_;

  // Two equations, weighed by `together` and `separation_`: that of ghost_value(), and
  //   u_other - u_own = to_other (jump_u + resistance q)  on the interface
  // with the quadratics of both sides. On the right side: nodes and constants; forms of the other side, whose centre is
  // the ghost value.
  CubeForm known, of_other;
  known.weight[kCenter] = together;
  (slow == own ? known : of_other).add(slope, together * kept * reach);
  known.add(own_value, separation_);
  of_other.add(other_value, -separation_);
  // The flux is that of the side of the ghost, less half of its jump.
  of_other.add(other_slope, to_other * length);
  const double of_flux_jump = together * to_other * at.distance / mu_fast - 0.5 * jump.resistance;
  known.constant = to_other * jump.jump_u + of_flux_jump * jump.jump_flux;
  known.add(own_value, 0.5 * of_flux_jump * jump.reaction);
  of_other.add(other_value, 0.5 * of_flux_jump * jump.reaction);

  const double divisor = together - of_other.weight[kCenter];
  of_other.weight[kCenter] = 0.0;
  ghost_.add(known, 1.0 / divisor);
  ghost_.add(of_other, 1.0 / divisor);
}

CubeForm LawGhost::with_ghost(CubeForm form) const {
  const double of_ghost = form.weight[kCenter];
  form.weight[kCenter] = 0.0;
  form.add(ghost_, of_ghost);
  return form;
}

}  // namespace nbm
