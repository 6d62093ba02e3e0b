// Compiled once for each SIMD level: see cmake/NbmSources.cmake for what may be used here.
#include "network/expansion_kernels.hpp"

#include "core/pack_io.hpp"

namespace nbm::NBM_SIMD_NAMESPACE {
namespace {

using T = Pack<double, NBM_SIMD_BYTES>;
using V = T::Vector;

NBM_HD void load(const double* const from[kDim], index_t first, index_t count, double otherwise, V (&to)[kDim]) {
  for (int k = 0; k < kDim; ++k) to[k] = load_lanes<T>(from[k], first, count, otherwise).v;
}

// A source far away in lanes that hold none: finite, and left out by the caller.
constexpr double kNowhere = 1e3;

// The source and its images: the sum over all subsets of the mirrored axes, with alternating sign.
NBM_HD Jet<V> source_jet(const BasisView& basis, const SourceGroup& group, index_t first, const double (&x)[kDim]) {
  V at[kDim], mirrored[kDim];
  load(basis.at, first, group.end, kNowhere, at);
  load(basis.mirrored, first, group.end, kNowhere, mirrored);
  const V reach = load_lanes<T>(basis.reach, first, group.end, 1.0).v;
  Jet<V> jet{};
  for (int subset = 0; subset < 1 << kDim; ++subset) {
    if ((subset & group.mirrors) != subset) continue;
    V place[kDim];
    double sign = 1.0;
    for (int k = 0; k < kDim; ++k) {
      const bool image = (subset >> k & 1) != 0;
      place[k] = image ? mirrored[k] : at[k];
      sign = image ? -sign : sign;
    }
    add_source(place, reach, basis.decay, sign, x, jet);
  }
  return jet;
}

// use(first, count, jet) for every pack of sines and sources: lanes [first, first + size) below count.
template <class Use>
NBM_HD void for_each_jet(const BasisView& basis, const double (&x)[kDim], Use&& use) {
  for (index_t j = 0; j < basis.sines; j += T::size) {
    V wave[kDim];
    load(basis.wave, j, basis.sines, 0.0, wave);
    use(kMonomials + j, kMonomials + basis.sines, sine_jet(wave, load_lanes<T>(basis.phase, j, basis.sines).v, x));
  }
  const index_t before = kMonomials + basis.sines;
  for (index_t g = 0; g < basis.groups; ++g) {
    const SourceGroup& group = basis.group[g];
    for (index_t j = group.begin; j < group.end; j += T::size) {
      use(before + j, before + group.end, source_jet(basis, group, j, x));
    }
  }
}

NBM_HD void jets_of_monomials(const BasisView& basis, const double (&x)[kDim], Jet<double> (&jets)[kMonomials]) {
  double local[kDim];
  for (int k = 0; k < kDim; ++k) local[k] = (x[k] - basis.center[k]) * basis.stretch[k];
  monomial_jets(local, basis.stretch, jets);
}

template <class W>
NBM_HD W apply(const RowWeights& weights, const Jet<W>& jet) {
  W sum = weights.value * jet.value;
  for (int k = 0; k < kDim; ++k) sum = sum + weights.first[k] * jet.gradient[k] + weights.second[k] * jet.second[k];
  return sum;
}

void row(const BasisView& basis, const double (&x)[kDim], const RowWeights& weights, double* row) {
  Jet<double> monomials[kMonomials];
  jets_of_monomials(basis, x, monomials);
  for (int j = 0; j < kMonomials; ++j) row[j] = apply(weights, monomials[j]);
  for_each_jet(
      basis, x, [&](index_t first, index_t end, const Jet<V>& jet) __attribute__((always_inline)) {
        store_lanes(T(apply(weights, jet)), row, first, end);
      });
}

template <class W>
NBM_HD void add_scaled(W factor, const Jet<W>& jet, Jet<W>& sum) {
  sum.value = sum.value + factor * jet.value;
  for (int k = 0; k < kDim; ++k) {
    sum.gradient[k] = sum.gradient[k] + factor * jet.gradient[k];
    sum.second[k] = sum.second[k] + factor * jet.second[k];
  }
}

NBM_HD double lane_sum(V v) {
  double total = 0.0;
  for (int lane = 0; lane < T::size; ++lane) total += v[lane];
  return total;
}

Jet<double> sum(const BasisView& basis, const double* coefficients, const double (&x)[kDim]) {
  Jet<double> monomials[kMonomials], total{};
  jets_of_monomials(basis, x, monomials);
  for (int j = 0; j < kMonomials; ++j) add_scaled(coefficients[j], monomials[j], total);
  Jet<V> lanes{};
  for_each_jet(
      basis, x, [&](index_t first, index_t end, const Jet<V>& jet) __attribute__((always_inline)) {
        add_scaled(load_lanes<T>(coefficients, first, end).v, jet, lanes);
      });
  total.value += lane_sum(lanes.value);
  for (int k = 0; k < kDim; ++k) {
    total.gradient[k] += lane_sum(lanes.gradient[k]);
    total.second[k] += lane_sum(lanes.second[k]);
  }
  return total;
}

}  // namespace

extern const ExpansionKernels expansion_kernels = {row, sum};

}  // namespace nbm::NBM_SIMD_NAMESPACE
