#include "training/objective.hpp"

#include <algorithm>

namespace nbm {

Objective::Objective(TrainingBackend& backend, const Communicator& communicator, const PerGroup<double>& weights)
    : backend_(backend), communicator_(communicator), weights_(weights), rows_(backend.row_counts()) {
  communicator_.sum(rows_);
  for (std::size_t g = 0; g < kRowGroups; ++g) factors_[g] = rows_[g] > 0 ? weights[g] * weights[g] / rows_[g] : 0.0;
}

GroupSums Objective::over_ranks(GroupSums sums) const {
  communicator_.sum(sums.squares);
  sums.rows = rows_;
  return sums;
}

GroupSums Objective::sums(std::span<const double> parameters) const {
  return over_ranks(backend_.loss_sums(parameters));
}

GroupSums Objective::gradient(std::span<const double> parameters, std::span<double> gradient) const {
  PerGroup<double> twice = factors_;
  for (double& factor : twice) factor *= 2.0;
  std::fill(gradient.begin(), gradient.end(), 0.0);
  const GroupSums sums = backend_.add_loss_gradient(parameters, twice, gradient);
  communicator_.sum(gradient);
  return over_ranks(sums);
}

GroupSums Objective::normal_equations(std::span<const double> parameters, std::span<double> matrix,
                                      std::span<double> vector) const {
  std::fill(matrix.begin(), matrix.end(), 0.0);
  std::fill(vector.begin(), vector.end(), 0.0);
  const GroupSums sums = backend_.add_normal_equations(parameters, factors_, matrix, vector);
  communicator_.sum(matrix);
  communicator_.sum(vector);
  return over_ranks(sums);
}

}  // namespace nbm
