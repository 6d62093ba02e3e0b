#pragma once
#include <utility>

#include "nbm/training/backend.hpp"
#include "nbm/training/held_out.hpp"
#include "training/host_rows.hpp"
#include "training/least_squares.hpp"

namespace nbm {

// Training on the CPU: rows in memory, SIMD kernels, one thread team.
class CpuBackend final : public TrainingBackend {
 public:
  CpuBackend(const Problem& problem, const TrainingOptions& options, int rank, int ranks);

  void assemble(index_t draw, Vec3<double> cell_size) override;
  PerGroup<double> row_counts() const override { return nbm::row_counts(rows_); }
  void use_groups(const PerGroup<bool>& used) override { maker_.use_groups(used); }
  bool prepare(index_t draw, Vec3<double> cell_size, PerGroup<double>& rows) override;
  void use_prepared() override { std::swap(rows_, prepared_); }
  GroupSums loss_sums(std::span<const double> parameters) override;
  GroupSums add_loss_gradient(std::span<const double> parameters, const PerGroup<double>& factors,
                              std::span<double> gradient) override;
  GroupSums linearize(std::span<const double> parameters, const PerGroup<double>& factors, LinearSystem system,
                      std::span<double> gradient) override;
  void append_normal_equations(std::vector<double>& message) const override {
    least_squares_.append_normal_equations(message);
  }
  void take_normal_equations(std::span<const double> message) override {
    least_squares_.take_normal_equations(message);
  }
  bool solve_damped(double damping, std::span<double> step) override {
    return least_squares_.solve_damped(damping, step, pool_);
  }
  // As the function of held_out.hpp, on the rows in place.
  PerGroup<std::vector<double>> absolute_residuals(std::span<const double> parameters) {
    return nbm::absolute_residuals(options_.network, parameters, rows_, pool_);
  }

 private:
  TrainingOptions options_;
  ThreadPool pool_;
  HostRowMaker maker_;
  RowSet rows_, prepared_;
  LeastSquares least_squares_;
};

}  // namespace nbm
