#pragma once
#include "nbm/network/network_map.hpp"
#include "nbm/sampling/sampler.hpp"
#include "nbm/training/loss.hpp"

namespace nbm {

// Points at which networks are examined. No training draws them, whatever its seed.
struct HeldOutOptions {
  Discretization discretization = Discretization::bochkov_gibou;
  SampleCounts counts;
  Vec3<double> cell_size;
  std::uint64_t seed = 0;
  int threads = 0;  // 0: all cores
  NetworkMap network_map;
};

// Absolute residuals of the rows of each group; of one-sided rows those of the minus side come first. In double
// precision; the same bits for any number of threads.
NBM_EXPORT PerGroup<std::vector<double>> absolute_residuals(const Siren& siren, std::span<const double> parameters,
                                                            const RowSet& rows, ThreadPool& pool);

// The same on rows made at fresh points. Throws InvalidArgument, InvalidField as sampling and assembling do.
NBM_EXPORT PerGroup<std::vector<double>> held_out_residuals(const Problem& problem, const Siren& siren,
                                                            std::span<const double> parameters,
                                                            const HeldOutOptions& options);

}  // namespace nbm
