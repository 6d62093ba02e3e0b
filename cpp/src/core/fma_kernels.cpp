// Compiled once for each SIMD level: see cmake/NbmSources.cmake for what may be used here.
#include "core/fma_kernels.hpp"

#include "nbm/core/pack.hpp"

namespace nbm::NBM_SIMD_NAMESPACE {
namespace {

// Enough chains to hide the latency of two units, few enough for the registers.
constexpr int kChains = 12;

template <class S>
double run(index_t rounds, S* sink) {
  using T = Pack<S, NBM_SIMD_BYTES>;
  T sums[kChains];
  NBM_UNROLL
  for (int c = 0; c < kChains; ++c) sums[c] = T(sink[c]);
  const T factor(sink[0]), term(sink[1]);
  for (index_t i = 0; i < rounds; ++i) {
    NBM_UNROLL
    for (int c = 0; c < kChains; ++c) sums[c] = sums[c] * factor + term;
  }
  NBM_UNROLL
  for (int c = 0; c < kChains; ++c) sink[c] = sums[c][0];
  return 2.0 * kChains * T::size * static_cast<double>(rounds);
}

}  // namespace

extern const ByPrecision<FmaKernels> fma_kernels = {{run<float>}, {run<double>}};

}  // namespace nbm::NBM_SIMD_NAMESPACE
