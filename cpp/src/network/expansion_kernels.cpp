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

// use(first, count, jet) for every pack of sines and sources: lanes [first, first + size) below count.
template <class Use>
NBM_HD void for_each_jet(const BasisView& basis, const double (&place)[kDim], Use&& use) {
  V x[kDim];
  for (int k = 0; k < kDim; ++k) x[k] = detail::broadcast<V>(place[k]);
  for (index_t j = 0; j < basis.sines; j += T::size) {
    V wave[kDim];
    load(basis.wave, j, basis.sines, 0.0, wave);
    use(kMonomials + j, kMonomials + basis.sines, sine_jet(wave, load_lanes<T>(basis.phase, j, basis.sines).v, x));
  }
  const index_t before = kMonomials + basis.sines;
  for (index_t g = 0; g < basis.groups; ++g) {
    const SourceGroup& group = basis.group[g];
    for (index_t j = group.begin; j < group.end; j += T::size) {
      V at[kDim], mirrored[kDim];
      load(basis.at, j, group.end, kNowhere, at);
      load(basis.mirrored, j, group.end, kNowhere, mirrored);
      const V reach = load_lanes<T>(basis.reach, j, group.end, 1.0).v;
      use(before + j, before + group.end, source_jet(at, mirrored, reach, basis.decay, group.mirrors, x));
    }
  }
}

template <class W>
NBM_HD W apply(const RowWeights& weights, const Jet<W>& jet) {
  W sum = weights.value * jet.value;
  for (int k = 0; k < kDim; ++k) sum = sum + weights.first[k] * jet.gradient[k] + weights.second[k] * jet.second[k];
  return sum;
}

void row(const BasisView& basis, const double (&x)[kDim], const RowWeights& weights, double* row) {
  Jet<double> monomials[kMonomials];
  basis_monomials(basis, x, monomials);
  for (int j = 0; j < kMonomials; ++j) row[j] = apply(weights, monomials[j]);
  for_each_jet(
      basis, x, [&](index_t first, index_t end, const Jet<V>& jet) __attribute__((always_inline)) {
        store_lanes(T(apply(weights, jet)), row, first, end);
      });
}

template <int derivatives>
void sum_with(const BasisView& basis, const double* coefficients, PointsView x, Jet<double>* jets) {
  for (index_t i = 0; i < x.size; i += T::size) {
    const V place[kDim] = {load_lanes<T>(x.x, i, x.size, x.x[i]).v, load_lanes<T>(x.y, i, x.size, x.y[i]).v,
                           load_lanes<T>(x.z, i, x.size, x.z[i]).v};
    const Jet<V> jet = sum_of_basis<derivatives>(basis, coefficients, place);
    for (int lane = 0; lane < T::size && i + lane < x.size; ++lane) {
      Jet<double>& to = jets[i + lane];
      to.value = jet.value[lane];
      for (int k = 0; k < kDim; ++k) {
        to.gradient[k] = jet.gradient[k][lane];
        to.second[k] = jet.second[k][lane];
      }
    }
  }
}

void sum(const BasisView& basis, const double* coefficients, PointsView x, int derivatives, Jet<double>* jets) {
  switch (derivatives) {
    case 0: return sum_with<0>(basis, coefficients, x, jets);
    case 1: return sum_with<1>(basis, coefficients, x, jets);
    default: return sum_with<2>(basis, coefficients, x, jets);
  }
}

}  // namespace

extern const ExpansionKernels expansion_kernels = {row, sum};

}  // namespace nbm::NBM_SIMD_NAMESPACE
