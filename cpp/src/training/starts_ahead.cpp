#include "training/starts_ahead.hpp"

#include <utility>

#include "core/rank_failure.hpp"
#include "training/gauss_newton.hpp"
#include "training/multi_start.hpp"

namespace nbm {

StartsAhead::StartsAhead(Problem problem, TrainingOptions options, Device device, std::vector<Plan> plans,
                         const PerGroup<bool>& used_groups)
    : problem_(std::move(problem)),
      options_(std::move(options)),
      device_(device),
      plans_(std::move(plans)),
      used_groups_(used_groups),
      group_names_(options_.group_names()),
      lanes_(static_cast<std::size_t>(std::get<GaussNewtonOptions>(options_.optimizer).starts)) {
  for (std::size_t start = 0; start < lanes_.size(); ++start) {
    Lane& lane = lanes_[start];
    lane.thread = std::thread([this, start, &lane] { run(static_cast<index_t>(start), lane); });
  }
}

StartsAhead::~StartsAhead() {
  unwanted_ = true;
  for (Lane& lane : lanes_) lane.thread.join();
}

std::optional<StartsAhead::Step> StartsAhead::take(index_t start, index_t step) {
  Lane& lane = lanes_[static_cast<std::size_t>(start)];
  const auto place = static_cast<std::size_t>(step);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return lane.ended || lane.steps.size() > place; });
  if (lane.steps.size() <= place) return {};
  return std::move(lane.steps[place]);
}

void StartsAhead::run(index_t start, Lane& lane) {
  // What is thrown here is thrown again where the training takes the step itself.
  static_cast<void>(attempt([&] {
    const GaussNewtonOptions& optimizer = std::get<GaussNewtonOptions>(options_.optimizer);
    const auto backend = make_training_backend(problem_, options_, device_, 0, 1);
    backend->use_groups(used_groups_);
    const Communicator alone;
    StepMessage message;
    RowSupply supply(*backend, alone, false);
    const StartingNetworks starting{options_.network, options_.network_map, options_.seed};
    GaussNewton runner(optimizer, starting.parameter_count(), starting.unknowns());
    std::vector<double> parameters = starting.parameters(start);
    for (index_t i = 0; i < optimizer.start_steps && !unwanted_; ++i) {
      const index_t number = start * optimizer.start_steps + i;
      const Plan& plan = plans_[static_cast<std::size_t>(number)];
      supply.provide(plan.draw, {}, false);
      const Objective objective(*backend, alone, message, supply, {plan.weights, group_names_}, number);
      const GroupSums sums = runner.step(objective, parameters);
      const std::lock_guard lock(mutex_);
      lane.steps.push_back({sums, parameters, runner.state()});
      changed_.notify_all();
    }
  }));
  const std::lock_guard lock(mutex_);
  lane.ended = true;
  changed_.notify_all();
}

}  // namespace nbm
