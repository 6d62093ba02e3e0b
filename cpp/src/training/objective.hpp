#pragma once
#include "nbm/core/communicator.hpp"
#include "nbm/training/backend.hpp"

namespace nbm {

// The loss sum_g lambda_g^2 mean(r^2) over the rows of all ranks, as an optimizer sees it. Collective; the same numbers
// on every rank.
class Objective {
 public:
  Objective(TrainingBackend& backend, const Communicator& communicator, const PerGroup<double>& weights);

  GroupSums sums(std::span<const double> parameters) const;
  // Overwrites `gradient`.
  GroupSums gradient(std::span<const double> parameters, std::span<double> gradient) const;
  // Overwrites `matrix` (upper triangle) and `vector` by half the Gauss-Newton Hessian and half the gradient.
  GroupSums normal_equations(std::span<const double> parameters, std::span<double> matrix,
                             std::span<double> vector) const;
  bool solve_damped(std::span<const double> matrix, std::span<const double> vector, double damping,
                    std::span<double> solution) const {
    return backend_.solve_damped(matrix, vector, damping, solution);
  }

  double loss(const GroupSums& sums) const { return sums.loss(weights_); }
  // Rows of all ranks.
  const PerGroup<double>& rows() const { return rows_; }

 private:
  GroupSums over_ranks(GroupSums sums) const;

  TrainingBackend& backend_;
  const Communicator& communicator_;
  PerGroup<double> weights_;
  PerGroup<double> rows_;
  PerGroup<double> factors_;  // lambda_g^2 / N_g
};

}  // namespace nbm
