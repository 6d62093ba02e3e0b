#include "training/multi_start.hpp"

#include <algorithm>

#include "training/starts_ahead.hpp"

namespace nbm {

std::vector<double> StartingNetworks::parameters(index_t start) const {
  std::vector<double> all;
  for (const Side side : {Side::minus, Side::plus}) {
    for (index_t piece = 0; piece < map.count(side); ++piece) {
      const std::vector<double> own = initial_parameters(siren, seed, side, start, piece);
      all.insert(all.end(), own.begin(), own.end());
    }
  }
  return all;
}

MultiStart::MultiStart(const GaussNewtonOptions& options, StartingNetworks starting)
    : options_(options),
      starting_(std::move(starting)),
      runner_(std::make_unique<GaussNewton>(options, starting_.parameter_count(), starting_.unknowns())),
      race_over_(options.starts == 1),
      best_(static_cast<std::size_t>(starting_.parameter_count()), 0.0),
      best_state_(runner_->state()) {}

index_t MultiStart::steps_total() const {
  if (given_ || options_.starts == 1) return options_.steps;
  return (options_.starts - 1) * options_.start_steps + std::max(options_.steps, options_.start_steps);
}

GroupSums MultiStart::step(const Objective& objective, std::span<double> parameters) {
  // A step that fails or is interrupted half-way has not been: whoever goes on does so with the same bits.
  const std::map<std::string, std::vector<double>> before = state();
  const std::vector<double> start(parameters.begin(), parameters.end());
  try {
    return step_once(objective, parameters);
  } catch (...) {
    restore(before);
    std::copy(start.begin(), start.end(), parameters.begin());
    throw;
  }
}

GroupSums MultiStart::step_once(const Objective& objective, std::span<double> parameters) {
  if (!race_over_ && step_ == options_.start_steps) end_start(parameters);
  const GroupSums sums = runner_->step(objective, parameters);
  loss_ = objective.loss(sums);
  ++step_;
  return sums;
}

std::optional<GroupSums> MultiStart::follow(StartsAhead& ahead, const PerGroup<double>& weights,
                                            std::span<double> parameters) {
  const bool begins = step_ == options_.start_steps;
  const index_t start = begins ? start_ + 1 : start_;
  if (race_over_ || start == options_.starts) return {};
  const auto taken = ahead.take(start, begins ? 0 : step_);
  if (!taken) return {};
  if (begins) end_start(parameters);
  std::copy(taken->parameters.begin(), taken->parameters.end(), parameters.begin());
  runner_->restore(taken->state);
  loss_ = taken->sums.loss(weights);
  ++step_;
  return taken->sums;
}

void MultiStart::end_start(std::span<double> parameters) {
  if (best_loss_ < 0 || loss_ < best_loss_) {
    best_loss_ = loss_;
    best_.assign(parameters.begin(), parameters.end());
    best_state_ = runner_->state();
  }
  step_ = 0;
  ++start_;
  runner_ = std::make_unique<GaussNewton>(options_, starting_.parameter_count(), starting_.unknowns());
  race_over_ = start_ == options_.starts;
  if (race_over_) runner_->restore(best_state_);
  const std::vector<double> next = race_over_ ? best_ : starting_.parameters(start_);
  std::copy(next.begin(), next.end(), parameters.begin());
}

std::map<std::string, std::vector<double>> MultiStart::state() const {
  std::map<std::string, std::vector<double>> all = runner_->state();
  for (const auto& [name, values] : best_state_) all["best." + name] = values;
  all["best"] = best_;
  all["race"] = {static_cast<double>(start_),
                 static_cast<double>(step_),
                 race_over_ ? 1.0 : 0.0,
                 given_ ? 1.0 : 0.0,
                 loss_,
                 best_loss_};
  return all;
}

void MultiStart::restore(const std::map<std::string, std::vector<double>>& state) {
  runner_->restore(state);
  for (auto& [name, values] : best_state_) values = state.at("best." + name);
  best_ = state.at("best");
  const std::vector<double>& race = state.at("race");
  start_ = static_cast<index_t>(race.at(0));
  step_ = static_cast<index_t>(race.at(1));
  race_over_ = race.at(2) != 0.0;
  given_ = race.at(3) != 0.0;
  loss_ = race.at(4);
  best_loss_ = race.at(5);
}

}  // namespace nbm
