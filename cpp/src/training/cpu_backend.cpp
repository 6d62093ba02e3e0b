#include "training/cpu_backend.hpp"

#include "nbm/rows/assemble.hpp"

namespace nbm {
namespace {

constexpr index_t kRegularGrain = 1024, kIrregularGrain = 64, kBoundaryGrain = 1024;

}  // namespace

CpuBackend::CpuBackend(const Problem& problem, const TrainingOptions& options, int rank, int ranks)
    : problem_(problem), options_(options), rank_(rank), ranks_(ranks), pool_(options.threads) {
  if (options.sampling.mode == SamplingOptions::Mode::grid) {
    grid_.emplace(problem, options.sampling.grid_nodes, options.seed, options.sampling.batch);
  } else {
    sampler_.emplace(problem, options.sampling.counts, options.seed, pool_);
  }
}

void CpuBackend::assemble(index_t draw, Vec3<double> cell_size) {
  if (grid_) {
    const index_t batches = grid_->batches_per_epoch();
    assemble_rows(grid_->draw(draw / batches, draw % batches, cell_size, pool_, rank_, ranks_), cell_size);
  } else if (options_.discretization == Discretization::direct_jump) {
    assemble_rows(sampler_->draw_by_side(draw, cell_size, pool_, rank_, ranks_), cell_size);
    assemble_jump_rows(draw, cell_size);
  } else {
    assemble_rows(sampler_->draw(draw, cell_size, pool_, rank_, ranks_), cell_size);
  }
}

void CpuBackend::assemble_jump_rows(index_t draw, Vec3<double> cell_size) {
  const InterfacePoints on = sampler_->draw_interface(draw, options_.sampling.counts.irregular, pool_, rank_, ranks_);
  rows_.value_jump = make_value_jump_rows(problem_.box, cell_size, on.size());
  rows_.flux_jump = make_flux_jump_rows(problem_.box, cell_size, on.size());
  const auto cut = TaskPartition::of(on.size(), kRegularGrain);
  pool_.run(cut.tasks, [&](index_t t) {
    const index_t first = cut.begin(t), count = cut.end(t) - first;
    assemble_jumps(problem_, on.points.view().slice(first, count), on.normals.view().slice(first, count), cell_size,
                   rows_.value_jump, rows_.flux_jump, first);
  });
}

void CpuBackend::assemble_rows(const SampleSet& samples, Vec3<double> cell_size) {
  const auto irregular = TaskPartition::of(samples.irregular.size(), kIrregularGrain);
  std::vector<StencilRows> parts(static_cast<std::size_t>(irregular.tasks));
  pool_.run(irregular.tasks, [&](index_t t) {
    parts[static_cast<std::size_t>(t)] = assemble_irregular(
        problem_, samples.irregular.view().slice(irregular.begin(t), irregular.end(t) - irregular.begin(t)), cell_size);
  });
  rows_.irregular.clear();
  for (const StencilRows& part : parts) rows_.irregular.append(part);

  for (std::size_t s = 0; s < kSides; ++s) {
    const auto side = static_cast<Side>(s);
    const Points& regular_points = samples.regular[s];
    rows_.regular[s] = make_difference_rows(problem_.box, cell_size, regular_points.size());
    const auto regular = TaskPartition::of(regular_points.size(), kRegularGrain);
    pool_.run(regular.tasks, [&](index_t t) {
      const index_t first = regular.begin(t);
      assemble_regular(problem_, side, regular_points.view().slice(first, regular.end(t) - first), cell_size,
                       rows_.regular[s], first);
    });
    const Points& boundary_points = samples.boundary[s];
    rows_.boundary[s].resize(boundary_points.size());
    const auto boundary = TaskPartition::of(boundary_points.size(), kBoundaryGrain);
    pool_.run(boundary.tasks, [&](index_t t) {
      const index_t first = boundary.begin(t);
      assemble_boundary(problem_, side, boundary_points.view().slice(first, boundary.end(t) - first), rows_.boundary[s],
                        first);
    });
  }
}

GroupSums CpuBackend::loss_sums(std::span<const double> parameters) {
  return nbm::loss_sums(options_.network, parameters, rows_, options_.precision, pool_);
}

GroupSums CpuBackend::add_loss_gradient(std::span<const double> parameters, const PerGroup<double>& factors,
                                        std::span<double> gradient) {
  return nbm::add_loss_gradient(options_.network, parameters, rows_, factors, options_.precision, gradient, pool_);
}

GroupSums CpuBackend::add_normal_equations(std::span<const double> parameters, const PerGroup<double>& factors,
                                           std::span<double> matrix, std::span<double> vector) {
  return nbm::add_normal_equations(options_.network, parameters, rows_, factors, matrix, vector, pool_);
}

bool CpuBackend::solve_damped(std::span<const double> matrix, std::span<const double> vector, double damping,
                              std::span<double> solution) {
  return solver_.solve(matrix, vector, damping, solution, pool_);
}

}  // namespace nbm
