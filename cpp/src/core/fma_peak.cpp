#include "nbm/core/fma_peak.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "core/fma_kernels.hpp"
#include "nbm/core/thread_pool.hpp"

namespace nbm {
namespace {

template <class S>
double measure(ThreadPool& pool) {
  constexpr index_t rounds = 1'000'000;
  const FmaKernels<S>& kernels = kernels_for<S>(fma_kernels());
  double best = 0;
  for (int trial = 0; trial < 12; ++trial) {
    std::vector<double> done(static_cast<std::size_t>(pool.threads()), 0.0);
    const auto start = std::chrono::steady_clock::now();
    pool.run(pool.threads(), [&](index_t t) {
      S sink[16];
      std::fill(std::begin(sink), std::end(sink), S(0.5));
      done[static_cast<std::size_t>(t)] = kernels.run(rounds, sink);
    });
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    double sum = 0;
    for (const double d : done) sum += d;
    best = std::max(best, sum / seconds);
  }
  return best;
}

}  // namespace

double measure_fma_peak(bool single_precision, ThreadPool& pool) {
  return single_precision ? measure<float>(pool) : measure<double>(pool);
}

}  // namespace nbm
