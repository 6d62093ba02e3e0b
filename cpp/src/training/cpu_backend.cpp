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

GroupSums CpuBackend::linearize(std::span<const double> parameters, const PerGroup<double>& factors,
                                LinearSystem system, std::span<double> gradient) {
  return least_squares_.linearize(options_.network, parameters, rows_, factors, system, gradient, pool_);
}

}  // namespace nbm
