#pragma once
#include <cstdint>

#include "nbm/network/feature_point.hpp"

// The basis of a piece at one point, on host and device: V as in feature_point.hpp.
namespace nbm {

// Sources [begin, end) with one mask of images.
struct SourceGroup {
  index_t begin, end;
  std::uint8_t mirrors;
};

// PieceBasis as pointers.
struct BasisView {
  double center[kDim], stretch[kDim];  // local = (x - center) * stretch
  index_t sines, sources, groups;
  const double* wave[kDim];
  const double* phase;
  double decay;
  const double* at[kDim];
  const double* mirrored[kDim];
  const double* reach;
  const SourceGroup* group;
};

// Masks of images: bit k says that there is one across the wall on axis k, bit kDim + k that it has the source's sign.
constexpr int kImageMasks = 1 << 2 * kDim;

// A source and its images: the sum over all subsets of the mirrored axes, with a change of sign for every axis of an
// image of the other sign.
template <class V>
NBM_HD Jet<V> source_jet(const V (&at)[kDim], const V (&mirrored)[kDim], V reach, double decay, int mirrors,
                         const V (&x)[kDim]) {
  Jet<V> jet{};
  for (int subset = 0; subset < 1 << kDim; ++subset) {
    if ((subset & mirrors) != subset) continue;
    V place[kDim];
    double sign = 1.0;
    for (int k = 0; k < kDim; ++k) {
      const bool image = (subset >> k & 1) != 0;
      place[k] = image ? mirrored[k] : at[k];
      sign = image && (mirrors >> (kDim + k) & 1) == 0 ? -sign : sign;
    }
    add_source(place, reach, decay, sign, x, jet);
  }
  return jet;
}

template <class V>
NBM_HD void basis_monomials(const BasisView& basis, const V (&x)[kDim], Jet<V> (&jets)[kMonomials]) {
  V local[kDim];
  for (int k = 0; k < kDim; ++k) local[k] = (x[k] - basis.center[k]) * basis.stretch[k];
  monomial_jets(local, basis.stretch, jets);
}

// Functions first, first + step ... of each kind, and with first = 0 the monomials: what is left to one of `step`
// threads.
struct BasisShare {
  int first = 0, step = 1;
};

// The sum of coefficients times basis functions with as many derivatives as wanted (0, 1 or 2); the others are 0.
template <int derivatives, class V>
NBM_HD Jet<V> sum_of_basis(const BasisView& basis, const double* coefficients, const V (&x)[kDim],
                           BasisShare share = {}) {
  Jet<V> total{};
  const auto add = [&total](double coefficient, const Jet<V>& jet) {
    total.value = total.value + coefficient * jet.value;
    for (int k = 0; k < kDim; ++k) {
      if constexpr (derivatives > 0) total.gradient[k] = total.gradient[k] + coefficient * jet.gradient[k];
      if constexpr (derivatives > 1) total.second[k] = total.second[k] + coefficient * jet.second[k];
    }
  };
  if (share.first == 0) {
    Jet<V> monomials[kMonomials];
    basis_monomials(basis, x, monomials);
    for (int j = 0; j < kMonomials; ++j) add(coefficients[j], monomials[j]);
  }
  coefficients += kMonomials;
  for (index_t j = share.first; j < basis.sines; j += share.step) {
    V wave[kDim];
    for (int k = 0; k < kDim; ++k) wave[k] = detail::broadcast<V>(basis.wave[k][j]);
    add(coefficients[j], sine_jet(wave, detail::broadcast<V>(basis.phase[j]), x));
  }
  coefficients += basis.sines;
  for (index_t g = 0; g < basis.groups; ++g) {
    for (index_t j = basis.group[g].begin + share.first; j < basis.group[g].end; j += share.step) {
      V at[kDim], mirrored[kDim];
      for (int k = 0; k < kDim; ++k) {
        at[k] = detail::broadcast<V>(basis.at[k][j]);
        mirrored[k] = detail::broadcast<V>(basis.mirrored[k][j]);
      }
      const V reach = detail::broadcast<V>(basis.reach[j]);
      add(coefficients[j], source_jet(at, mirrored, reach, basis.decay, basis.group[g].mirrors, x));
    }
  }
  return total;
}

}  // namespace nbm
