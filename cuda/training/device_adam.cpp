#include "training/device_adam.hpp"

#include <algorithm>
#include <limits>

#include "core/rank_failure.hpp"
#include "training/optimizer.hpp"

namespace nbm::cuda {

DeviceAdam::DeviceAdam(const AdamOptions& options, bool replay, index_t parameters,
                       std::vector<std::string> group_names, DeviceRowMaker& maker, DeviceLoss& loss,
                       const Stream& stream, int device)
    : device_(device),
      options_(options),
      replay_(replay && maker.on_device()),
      count_(parameters),
      group_names_(std::move(group_names)),
      maker_(maker),
      loss_(loss),
      stream_(stream),
      factors_(kMostGroups),
      squares_(kMostGroups),
      gradient_(parameters),
      state_(3 * parameters),
      control_(1),
      records_(kMostUnread + 1) {
  weights_.upload(weights_in_place_, stream_);
}

void DeviceAdam::start(std::span<const double> parameters, const AdamMemory& memory) {
  const DeviceGuard guard(device_);
  std::vector<double> state(parameters.begin(), parameters.end());
  state.insert(state.end(), memory.first.begin(), memory.first.end());
  state.insert(state.end(), memory.second.begin(), memory.second.end());
  state_.upload(state, stream_);
  const AdamControl control{memory.steps, 0, 0, 1, {}};
  control_.upload({&control, 1}, stream_);
}

void DeviceAdam::step(index_t draw, Vec3<double> cell_size, const PerGroup<double>& weights) {
  const DeviceGuard guard(device_);
  if (weights != weights_in_place_) weights_.upload(weights, stream_);
  weights_in_place_ = weights;
  const bool makes_rows = !maker_.holds(draw, cell_size);
  bool moved = makes_rows && maker_.prepare(draw, cell_size);
  moved = loss_.reserve(maker_.rows()) || moved;
  if (moved && !steps_.empty()) {
    stream_.wait();  // a record that still runs must not go
    steps_.clear();
  }
  const auto [found, first] = steps_.try_emplace({cell_size.x, cell_size.y, cell_size.z, makes_rows});
  std::optional<Graph>& graph = found->second;
  if (first || !replay_) return enqueue(makes_rows);
  if (!graph) graph.emplace(stream_, [&] { enqueue(makes_rows); });
  graph->launch(stream_);
}

std::size_t DeviceAdam::records() const {
  return static_cast<std::size_t>(
      std::count_if(steps_.begin(), steps_.end(), [](const auto& kind) { return kind.second.has_value(); }));
}

AdamArrays DeviceAdam::arrays() {
  double* const state = state_.data();
  return {control_.data(),    records_.data(),          weights_.data(), factors_.data(),
          squares_.data(),    gradient_.data(),         state,           state + count_,
          state + 2 * count_, static_cast<int>(count_), maker_.fault()};
}

void DeviceAdam::enqueue(bool makes_rows) {
  const DeviceRows& rows = makes_rows ? maker_.enqueue() : maker_.rows();
  launch_step_factors(arrays(), rows, stream_);
  gradient_.zero(stream_);
  loss_.enqueue(rows, state_.data(), factors_.data(), squares_.data(), gradient_.data());
  launch_adam_step(arrays(), options_, stream_);
}

ResidentAdam::Report DeviceAdam::finish() {
  const DeviceGuard guard(device_);
  AdamControl control{};
  control_.download({&control, 1}, stream_);
  stream_.wait();
  const index_t recorded = control.taken + (control.refused != 0 ? 1 : 0);
  std::vector<StepRecord> records(static_cast<std::size_t>(recorded));
  records_.download(records, stream_);
  stream_.wait();
  Report report;
  for (const StepRecord& record : records) {
    GroupSums& sums = report.steps.emplace_back();
    std::copy_n(record.squares, kMostGroups, sums.squares.begin());
    std::copy_n(record.rows, kMostGroups, sums.rows.begin());
  }
  if (control.refused != 0) {
    const double slope = control.finite_gradient != 0 ? 0.0 : std::numeric_limits<double>::quiet_NaN();
    report.failure = attempt([&] {
      static_cast<void>(maker_.counts());  // throws if a coefficient is at fault
      require_finite(report.steps.back(), {&slope, 1}, group_names_, control.step);
    });
    report.steps.pop_back();
  }
  if (recorded > 0) {
    control.taken = control.refused = 0;
    control_.upload({&control, 1}, stream_);
  }
  return report;
}

void DeviceAdam::fetch(std::span<double> parameters, AdamMemory& memory) {
  const DeviceGuard guard(device_);
  std::vector<double> state(static_cast<std::size_t>(state_.size()));
  AdamControl control{};
  state_.download(state, stream_);
  control_.download({&control, 1}, stream_);
  stream_.wait();
  const auto first = state.begin() + count_, second = first + count_;
  std::copy(state.begin(), first, parameters.begin());
  memory.first.assign(first, second);
  memory.second.assign(second, state.end());
  memory.steps = control.step;
}

}  // namespace nbm::cuda
