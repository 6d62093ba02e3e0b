#include <algorithm>
#include <numeric>

#include "core/rank_failure.hpp"
#include "nbm/network/held_weights.hpp"
#include "training/trainer_state.hpp"

// Local steps: where a message costs more than a step, each rank makes some steps of Adam alone, on its share of the
// rows, and then all take the mean of their networks and of Adam's moments.
namespace nbm {
namespace {

// Calls use(numbers) for every piece of the message, in one order: to write it and to read it.
template <class Use>
void for_each_piece(std::vector<double>& parameters, std::map<std::string, std::vector<double>>& optimizer,
                    LocalTotals& totals, Use use) {
  use(std::span<double>(parameters));
  for (auto& [name, values] : optimizer) use(std::span<double>(values));
  use(std::span<double>(totals.last.squares));
  use(std::span<double>(totals.last.rows));
  use(std::span<double>(&totals.rows, 1));
  use(std::span<double>(&totals.losses, 1));
}

}  // namespace

// Also where someone looks: after recorded steps, and where the caller's steps end.
index_t Trainer::State::next_average(index_t end) const {
  const auto multiple_from = [](index_t step, index_t of) { return (step + of - 1) / of * of; };
  const index_t local_steps = std::get<AdamOptions>(options.optimizer).local_steps;
  return std::min(
      {end, multiple_from(steps_done + 1, local_steps), multiple_from(steps_done, options.record_every) + 1});
}

void Trainer::State::train_locally(index_t end) {
  const index_t first = steps_done, last = next_average(end) - 1;
  if (options.check_every > 0 && (first == 0 || first / options.check_every != (last + 1) / options.check_every)) {
    compare_ranks();
  }
  std::map<std::string, std::vector<double>> optimizer_before;
  std::vector<double> parameters_before;
  LocalTotals totals;
  auto failure = attempt([&] {
    optimizer_before = optimizer->state();
    parameters_before = parameters;
    for (index_t step = first; step <= last; ++step) step_alone(step, totals);
  });
  try {
    average(totals, std::move(failure));
  } catch (...) {  // on all ranks, which return to the last average
    if (!parameters_before.empty()) {
      parameters = parameters_before;
      optimizer->restore(optimizer_before);
    }
    throw;
  }
  rows_since_entry += totals.rows;
  const index_t steps = last + 1 - first;
  const double mean_loss = totals.losses / static_cast<double>(steps * communicator.size());
  for (index_t i = 0; i < steps; ++i) {
    if (plateau.add(mean_loss)) stop_reason = StopReason::plateau;
  }
  steps_done = last + 1;
  const Draw draw = draw_of(last);
  conclude(totals.last, totals.last.loss(weights_of(draw)), draw, optimizer->rate());
}

void Trainer::State::step_alone(index_t step, LocalTotals& totals) {
  static const Communicator nobody_else;
  const Draw draw = draw_of(step);
  supply->provide_alone(draw);
  const Objective objective(*backend, nobody_else, message, *supply, {weights_of(draw), group_names}, step);
  totals.last = optimizer->step(objective, parameters);
  totals.losses += objective.loss(totals.last);
  totals.rows = std::accumulate(totals.last.rows.begin(), totals.last.rows.end(), totals.rows);
}

void Trainer::State::average(LocalTotals& totals, std::exception_ptr failure) {
  std::vector<double>& numbers = message.cleared();
  std::map<std::string, std::vector<double>> optimizer_state;
  if (!failure) failure = attempt([&] { optimizer_state = optimizer->state(); });
  if (!failure) {
    for_each_piece(parameters, optimizer_state, totals,
                   [&](std::span<const double> piece) { numbers.insert(numbers.end(), piece.begin(), piece.end()); });
  }
  numbers.resize(static_cast<std::size_t>(local_message_size(options)), 0.0);
  sum_over_ranks(communicator, numbers, std::move(failure));
  const std::vector<double> own = parameters;
  const double* next = numbers.data();
  for_each_piece(parameters, optimizer_state, totals, [&](std::span<double> piece) {
    std::copy_n(next, piece.size(), piece.begin());
    next += piece.size();
  });
  const auto ranks = static_cast<double>(communicator.size());
  for (double& value : parameters) value /= ranks;
  const HeldWeights held(options.network, options.network.parameter_count());
  for (std::size_t p = 0; p < parameters.size(); ++p) {  // the same on all ranks, but a mean may round
    if (held.holds(static_cast<index_t>(p))) parameters[p] = own[p];
  }
  for (auto& [name, values] : optimizer_state) {
    for (double& value : values) value /= ranks;
  }
  optimizer->restore(optimizer_state);
}

index_t local_message_size(const TrainingOptions& options) {
  const index_t parameters = options.parameter_count();
  constexpr index_t kAdamStep = 1, kTotals = 2 * kMostGroups + 2;
  return 3 * parameters + kAdamStep + kTotals;
}

}  // namespace nbm
