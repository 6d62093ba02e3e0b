#include "training/cpu_backend.hpp"

namespace nbm {

CpuBackend::CpuBackend(const Problem& problem, const TrainingOptions& options, int rank, int ranks)
    : options_(options), pool_(options.threads), maker_(problem, options, rank, ranks, pool_) {}

void CpuBackend::assemble(index_t draw, Vec3<double> cell_size) { maker_.assemble(draw, cell_size, rows_); }

bool CpuBackend::prepare(index_t draw, Vec3<double> cell_size, PerGroup<double>& rows) {
  maker_.assemble(draw, cell_size, prepared_);
  rows = nbm::row_counts(prepared_);
  return true;
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
