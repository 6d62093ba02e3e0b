#pragma once
#include <vector>

#include "nbm/core/communicator.hpp"
#include "nbm/training/backend.hpp"
#include "training/row_supply.hpp"

namespace nbm {

// What the ranks exchange in a step, in memory that is taken before the training begins: nothing can fail for want of
// memory between two messages.
class StepMessage {
 public:
  StepMessage() = default;
  // Of `numbers` at most, of the step itself: what the rows add is added.
  StepMessage(index_t numbers, const Communicator& communicator);

  std::vector<double>& cleared() {
    values_.clear();
    return values_;
  }

 private:
  std::vector<double> values_;
};

// The groups of a step: lambda_g, and what they are called (for errors).
struct GroupWeights {
  PerGroup<double> weights;
  const std::vector<std::string>& names;
};

// The loss sum_g lambda_g^2 mean(r^2) over the rows of all ranks, as an optimizer sees it. Collective; the same numbers
// on every rank, and one message a call. An error of one rank is thrown on all.
class Objective {
 public:
  // The rows of all ranks that `supply` has in place. step: for errors.
  Objective(TrainingBackend& backend, const Communicator& communicator, StepMessage& message, RowSupply& supply,
            const GroupWeights& groups, index_t step);

  // May be infinite or NaN.
  GroupSums sums(std::span<const double> parameters) const;
  // Overwrites `gradient`. Throws NonFiniteLoss.
  GroupSums gradient(std::span<const double> parameters, std::span<double> gradient) const;
  // The one of less work for so many unknowns; rows of other ranks are out of reach, so several ranks have no choice.
  LinearSystem smaller_system(index_t unknowns) const;
  // Linearizes the residuals about `parameters` for try_damped, in a system that is not automatic. Throws
  // NonFiniteLoss. unknowns: parameters that have columns. scratch: as many numbers as there are parameters.
  GroupSums linearize(std::span<const double> parameters, index_t unknowns, LinearSystem system,
                      std::span<double> scratch) const;
  // As TrainingBackend::try_damped; one rank solves for all, because its processor may round otherwise than another.
  bool try_damped(double damping, std::span<const double> parameters, std::span<double> candidate,
                  GroupSums& sums) const;

  double loss(const GroupSums& sums) const { return sums.loss(weights_); }
  // Rows of all ranks.
  const PerGroup<double>& rows() const { return rows_; }

 private:
  bool alone() const { return communicator_.size() == 1; }
  bool solve_for_all(double damping, std::span<double> step) const;
  // Sums the long message of a step, while the rows of a later one are made.
  void exchange(std::vector<double>& message, std::exception_ptr failure) const;

  TrainingBackend& backend_;
  const Communicator& communicator_;
  StepMessage& message_;
  RowSupply& supply_;
  PerGroup<double> rows_;
  PerGroup<double> weights_;
  PerGroup<double> factors_;  // lambda_g^2 / N_g
  const std::vector<std::string>& names_;
  index_t step_;
};

}  // namespace nbm
