#include "training/objective.hpp"

#include <algorithm>

#include "core/rank_failure.hpp"
#include "training/optimizer.hpp"

namespace nbm {
namespace {

void append(std::vector<double>& message, std::span<const double> values) {
  message.insert(message.end(), values.begin(), values.end());
}

// Numbers out of a message, in the order in which they were appended.
class Reader {
 public:
  explicit Reader(const std::vector<double>& message) : next_(message.data()) {}
  void read(std::span<double> values) {
    std::copy_n(next_, values.size(), values.begin());
    next_ += values.size();
  }

 private:
  const double* next_;
};

}  // namespace

StepMessage::StepMessage(index_t numbers, const Communicator& communicator) {
  if (communicator.size() == 1) return;
  values_.reserve(static_cast<std::size_t>(numbers + RowSupply::kAnnounced + 1));
  communicator.reserve(values_.capacity());
}

Objective::Objective(TrainingBackend& backend, const Communicator& communicator, StepMessage& message,
                     RowSupply& supply, const GroupWeights& groups, index_t step)
    : backend_(backend),
      communicator_(communicator),
      message_(message),
      supply_(supply),
      rows_(supply.rows()),
      weights_(groups.weights),
      names_(groups.names),
      step_(step) {
  for (std::size_t g = 0; g < kMostGroups; ++g) factors_[g] = group_factor(weights_[g], rows_[g]);
}

void Objective::exchange(std::vector<double>& message, std::exception_ptr failure) const {
  supply_.announce(message);
  start_sum_over_ranks(communicator_, message, failure);
  supply_.make_ahead();
  finish_sum_over_ranks(communicator_, message, failure);
  supply_.read_announced(message);
}

GroupSums Objective::sums(std::span<const double> parameters) const {
  GroupSums sums;
  auto failure = attempt([&] { sums = backend_.loss_sums(parameters); });
  auto& message = message_.cleared();
  append(message, sums.squares);
  sum_over_ranks(communicator_, message, std::move(failure));
  Reader(message).read(sums.squares);
  sums.rows = rows_;
  return sums;
}

GroupSums Objective::gradient(std::span<const double> parameters, std::span<double> gradient) const {
  PerGroup<double> twice = factors_;
  for (double& factor : twice) factor *= 2.0;
  GroupSums sums;
  auto failure = attempt([&] {
    std::fill(gradient.begin(), gradient.end(), 0.0);
    sums = backend_.add_loss_gradient(parameters, twice, gradient);
    require_finite(sums, gradient, names_, step_);
  });
  if (alone() && failure) std::rethrow_exception(failure);
  if (!alone()) {
    auto& message = message_.cleared();
    append(message, gradient);
    append(message, sums.squares);
    exchange(message, std::move(failure));
    Reader reader(message);
    reader.read(gradient);
    reader.read(sums.squares);
    require_finite(sums, gradient, names_, step_);  // the sum may overflow
  }
  sums.rows = rows_;
  return sums;
}

LinearSystem Objective::smaller_system(index_t unknowns) const {
  double rows = 0;
  for (const double count : rows_) rows += count;
  return alone() && rows < static_cast<double>(unknowns) ? LinearSystem::rows : LinearSystem::normal;
}

GroupSums Objective::linearize(std::span<const double> parameters, index_t unknowns, LinearSystem system,
                               std::span<double> scratch) const {
  GroupSums sums;
  auto failure = attempt([&] {
    sums = backend_.linearize(parameters, factors_, system, scratch);
    require_finite(sums, scratch, names_, step_);
  });
  if (alone() && failure) std::rethrow_exception(failure);
  if (!alone()) {
    auto& message = message_.cleared();
    append(message, sums.squares);
    if (!failure) backend_.append_normal_equations(message);
    const auto n = static_cast<std::size_t>(unknowns);
    message.resize(kMostGroups + n * (n + 1) / 2 + n, 0.0);  // also where this rank failed
    exchange(message, std::move(failure));
    Reader(message).read(sums.squares);
    backend_.take_normal_equations(std::span(message).subspan(kMostGroups));
    require_finite(sums, std::span(message).last(n), names_, step_);  // the sum may overflow
  }
  sums.rows = rows_;
  return sums;
}

bool Objective::try_damped(double damping, std::span<const double> parameters, std::span<double> candidate,
                           GroupSums& found) const {
  if (alone()) {
    const bool solved = backend_.try_damped(damping, parameters, candidate, found);
    found.rows = rows_;
    return solved;
  }
  if (!solve_for_all(damping, candidate)) return false;
  for (std::size_t i = 0; i < candidate.size(); ++i) candidate[i] += parameters[i];
  found = sums(candidate);
  return true;
}

bool Objective::solve_for_all(double damping, std::span<double> step) const {
  bool solved = false;
  auto failure = attempt([&] {
    if (communicator_.rank() == 0) solved = backend_.solve_damped(damping, step);
  });
  // A sum to which the other ranks add zeros: the result of the first rank and the errors of all in one message.
  auto& message = message_.cleared();
  message.push_back(solved ? 1.0 : 0.0);
  if (solved) {
    append(message, step);
  } else {
    message.resize(1 + step.size(), 0.0);
  }
  sum_over_ranks(communicator_, message, std::move(failure));
  std::copy(message.begin() + 1, message.end(), step.begin());
  return message.front() > 0;
}

}  // namespace nbm
