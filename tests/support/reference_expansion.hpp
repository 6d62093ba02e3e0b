#pragma once
#include <array>
#include <cmath>
#include <cstddef>

#include "nbm/network/expansion.hpp"

// The basis functions of docs/method.md, section 14, written down slowly in long double.
namespace nbm::reference {

using Real = long double;
using Place = std::array<Real, kDim>;

inline Real source(const Place& from, Real reach, Real decay, const Place& x) {
  Real square = 0;
  for (std::size_t k = 0; k < kDim; ++k) square += (x[k] - from[k]) * (x[k] - from[k]);
  const Real r = std::sqrt(square);
  return reach / r * std::exp(-decay * (r - reach));
}

inline Real source_with_images(const PieceBasis& basis, std::size_t j, const Place& x) {
  Real sum = 0;
  for (int subset = 0; subset < 1 << kDim; ++subset) {
    if ((subset & ~basis.mirrors[j]) != 0) continue;
    Real sign = 1;
    Place from;
    for (std::size_t k = 0; k < kDim; ++k) {
      const bool image = (subset >> k & 1) != 0;
      from[k] = image ? basis.mirrored[k][j] : basis.at[k][j];
      if (image) sign = -sign;
    }
    sum += sign * source(from, basis.reach[j], basis.decay, x);
  }
  return sum;
}

inline Real monomial(const PieceBasis& basis, std::size_t j, const Place& x) {
  constexpr int degrees[kMonomials][kDim] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {2, 0, 0},
                                             {1, 1, 0}, {1, 0, 1}, {0, 2, 0}, {0, 1, 1}, {0, 0, 2}};
  Real product = 1;
  for (int k = 0; k < kDim; ++k) {
    const Real local = (x[static_cast<std::size_t>(k)] - basis.center[k]) / basis.half[k];
    for (int d = 0; d < degrees[j][k]; ++d) product *= local;
  }
  return product;
}

// Basis function j at a point in the coordinates of the expansion.
inline Real basis_function(const PieceBasis& basis, std::size_t j, const Place& x) {
  if (j < kMonomials) return monomial(basis, j, x);
  j -= kMonomials;
  if (j < basis.phase.size()) {
    Real phase = basis.phase[j];
    for (std::size_t k = 0; k < kDim; ++k) phase += basis.wave[k][j] * x[k];
    return std::sin(phase);
  }
  return source_with_images(basis, j - basis.phase.size(), x);
}

// Derivatives along an axis by differences of sixth order, of step 0.004 in long double.
constexpr Real kStep = 0.004L;

template <class F>
Real first_derivative(F&& f, Place x, std::size_t axis) {
  const auto odd = [&](int n) {
    Place a = x, b = x;
    a[axis] += n * kStep;
    b[axis] -= n * kStep;
    return f(a) - f(b);
  };
  return (45 * odd(1) - 9 * odd(2) + odd(3)) / (60 * kStep);
}

template <class F>
Real second_derivative(F&& f, Place x, std::size_t axis) {
  const auto even = [&](int n) {
    Place a = x, b = x;
    a[axis] += n * kStep;
    b[axis] -= n * kStep;
    return f(a) - 2 * f(x) + f(b);
  };
  return (270 * even(1) - 27 * even(2) + 2 * even(3)) / (180 * kStep * kStep);
}

}  // namespace nbm::reference
