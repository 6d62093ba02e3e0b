#include "nbm/training/held_out.hpp"

#include "training/cpu_backend.hpp"

namespace nbm {
namespace {

constexpr index_t kFirstHeldOutDraw = index_t{1} << 40;  // training counts its draws from 0

}  // namespace

PerGroup<std::vector<double>> held_out_residuals(const Problem& problem, const Siren& siren,
                                                 std::span<const double> parameters, const HeldOutOptions& options) {
  TrainingOptions training;
  training.network = siren;
  training.network_map = options.network_map;
  training.resolution.coarsest = options.cell_size;
  training.sampling.counts = options.counts;
  training.sampling.shares = {0.0, 0.0};  // means over the points are means over the volume
  training.discretization = options.discretization;
  training.precision = Precision::float64;
  training.seed = options.seed;
  training.threads = options.threads;
  training.validate(problem.box);
  CpuBackend backend(problem, training, 0, 1);
  backend.assemble(kFirstHeldOutDraw, options.cell_size);
  return backend.absolute_residuals(parameters);
}

}  // namespace nbm
