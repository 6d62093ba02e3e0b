#pragma once
#include <utility>

#include "nbm/training/backend.hpp"
#include "nbm/training/held_out.hpp"
#include "training/damped_solver.hpp"
#include "training/host_rows.hpp"

namespace nbm {

// Training on the CPU: rows in memory, SIMD kernels, one thread team.
class CpuBackend final : public TrainingBackend {
 public:
  CpuBackend(const Problem& problem, const TrainingOptions& options, int rank, int ranks);

  void assemble(index_t draw, Vec3<double> cell_size) override;
  PerGroup<double> row_counts() const override { return nbm::row_counts(rows_); }
  bool prepare(index_t draw, Vec3<double> cell_size, PerGroup<double>& rows) override;
  void use_prepared() override { std::swap(rows_, prepared_); }
  GroupSums loss_sums(std::span<const double> parameters) override;
  GroupSums add_loss_gradient(std::span<const double> parameters, const PerGroup<double>& factors,
                              std::span<double> gradient) override;
  GroupSums add_normal_equations(std::span<const double> parameters, const PerGroup<double>& factors,
                                 std::span<double> matrix, std::span<double> vector) override;
  bool solve_damped(std::span<const double> matrix, std::span<const double> vector, double damping,
                    std::span<double> solution) override;
  // As the function of held_out.hpp, on the rows in place.
  PerGroup<std::vector<double>> absolute_residuals(std::span<const double> parameters) {
    return nbm::absolute_residuals(options_.network, parameters, rows_, pool_);
  }

 private:
  TrainingOptions options_;
  ThreadPool pool_;
  HostRowMaker maker_;
  RowSet rows_, prepared_;
  DampedSolver solver_;
};

}  // namespace nbm
