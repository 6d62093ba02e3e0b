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

// The normal equations without the half below the diagonal and without padding: use(matrix row from its diagonal on)
// for each row of unknowns, in pieces without padding.
template <class Use>
void for_each_packed(std::span<double> matrix, std::size_t count, std::size_t padded, Use use) {
  const std::size_t n = kSides * padded;
  for (std::size_t row_side = 0; row_side < kSides; ++row_side) {
    for (std::size_t p = 0; p < count; ++p) {
      const std::size_t row = (row_side * padded + p) * n;
      for (std::size_t side = row_side; side < kSides; ++side) {
        const std::size_t first = side == row_side ? p : 0;
        use(matrix.subspan(row + side * padded + first, count - first));
      }
    }
  }
}

}  // namespace

StepMessage::StepMessage(index_t numbers, const Communicator& communicator) {
  if (communicator.size() == 1) return;
  values_.reserve(static_cast<std::size_t>(numbers + RowSupply::kAnnounced + 1));
  communicator.reserve(values_.capacity());
}

Objective::Objective(TrainingBackend& backend, const Communicator& communicator, StepMessage& message,
                     RowSupply& supply, const PerGroup<double>& weights, index_t step)
    : backend_(backend),
      communicator_(communicator),
      message_(message),
      supply_(supply),
      rows_(supply.rows()),
      weights_(weights),
      step_(step) {
  for (std::size_t g = 0; g < kRowGroups; ++g) factors_[g] = rows_[g] > 0 ? weights[g] * weights[g] / rows_[g] : 0.0;
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
    require_finite(sums, gradient, step_);
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
    require_finite(sums, gradient, step_);  // the sum may overflow
  }
  sums.rows = rows_;
  return sums;
}

GroupSums Objective::normal_equations(std::span<const double> parameters, std::span<double> matrix,
                                      std::span<double> vector) const {
  GroupSums sums;
  auto failure = attempt([&] {
    std::fill(matrix.begin(), matrix.end(), 0.0);
    std::fill(vector.begin(), vector.end(), 0.0);
    sums = backend_.add_normal_equations(parameters, factors_, matrix, vector);
    require_finite(sums, vector, step_);
  });
  if (alone() && failure) std::rethrow_exception(failure);
  if (!alone()) {
    const std::size_t count = parameters.size() / kSides, padded = vector.size() / kSides;
    auto& message = message_.cleared();
    for_each_packed(matrix, count, padded, [&](std::span<double> piece) { append(message, piece); });
    for (std::size_t side = 0; side < kSides; ++side) append(message, vector.subspan(side * padded, count));
    append(message, sums.squares);
    exchange(message, std::move(failure));
    Reader reader(message);
    for_each_packed(matrix, count, padded, [&](std::span<double> piece) { reader.read(piece); });
    for (std::size_t side = 0; side < kSides; ++side) reader.read(vector.subspan(side * padded, count));
    reader.read(sums.squares);
    require_finite(sums, vector, step_);  // the sum may overflow
  }
  sums.rows = rows_;
  return sums;
}

bool Objective::solve_damped(std::span<const double> matrix, std::span<const double> vector, double damping,
                             std::span<double> solution) const {
  if (alone()) return backend_.solve_damped(matrix, vector, damping, solution);
  bool solved = false;
  auto failure = attempt([&] {
    if (communicator_.rank() == 0) solved = backend_.solve_damped(matrix, vector, damping, solution);
  });
  // A sum to which the other ranks add zeros: the result of the first rank and the errors of all in one message.
  auto& message = message_.cleared();
  message.push_back(solved ? 1.0 : 0.0);
  if (solved) {
    append(message, solution);
  } else {
    message.resize(1 + solution.size(), 0.0);
  }
  sum_over_ranks(communicator_, message, std::move(failure));
  std::copy(message.begin() + 1, message.end(), solution.begin());
  return message.front() > 0;
}

}  // namespace nbm
