#include "training/device_adam.hpp"

#include <algorithm>
#include <limits>

#include "core/rank_failure.hpp"
#include "training/optimizer.hpp"

namespace nbm::cuda {
namespace {

// Rows of a draw take about twice as long to make as a step on them: two draws are made beside each step.
constexpr int kSupplies = 3;

}  // namespace

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
  add_supplies();
}

void DeviceAdam::add_supplies() {
  if (!maker_.on_device()) {
    Supply& only = supplies_.emplace_back();
    only.stream = stream_;
    only.maker = &maker_;
    return;
  }
  for (int i = 0; i < kSupplies; ++i) {
    Supply& supply = supplies_.emplace_back();
    supply.own_stream = std::make_unique<Stream>();
    supply.stream = *supply.own_stream;
    supply.own_maker = maker_.beside(supply.stream);
    supply.maker = supply.own_maker.get();
  }
}

void DeviceAdam::start(std::span<const double> parameters, const AdamMemory& memory) {
  const DeviceGuard guard(device_);
  std::vector<double> state(parameters.begin(), parameters.end());
  state.insert(state.end(), memory.first.begin(), memory.first.end());
  state.insert(state.end(), memory.second.begin(), memory.second.end());
  state_.upload(state, stream_);
  const AdamControl control{memory.steps, 0, 0, 1, {}};
  control_.upload({&control, 1}, stream_);
  supply_of_.clear();
}

void DeviceAdam::step(index_t draw, Vec3<double> cell_size, const PerGroup<double>& weights) {
  const DeviceGuard guard(device_);
  if (weights != weights_in_place_) weights_.upload(weights, stream_);
  weights_in_place_ = weights;
  if (!supplies_[current_].maker->holds(draw, cell_size)) make_rows(draw, cell_size);
  Supply& supply = supplies_[current_];
  if (loss_.reserve(supply.maker->rows())) {
    stream_.wait();  // a record that still runs must not go
    for (Supply& any : supplies_) any.steps.clear();
  }
  supply.made.hold(stream_);
  run(supply.steps, cell_size, stream_, [&] { enqueue_step(supply); });
  supply.used.record(stream_);
  supply_of_.push_back(current_);
}

// Into the next memory, unless the host must wait for the device anyway: large batches have but one.
void DeviceAdam::make_rows(index_t draw, Vec3<double> cell_size) {
  if (!supplies_[current_].maker->waits()) current_ = (current_ + 1) % supplies_.size();
  Supply& supply = supplies_[current_];
  supply.used.hold(supply.stream);
  if (supply.maker->prepare(draw, cell_size)) {
    wait_for(supply);
    supply.rows.clear();
    supply.steps.clear();
  }
  run(supply.rows, cell_size, supply.stream, [&] { supply.maker->enqueue(); });
  supply.made.record(supply.stream);
}

void DeviceAdam::wait_for(const Supply& supply) const {
  check(cudaStreamSynchronize(supply.stream), "work on the GPU");
  stream_.wait();
}

template <class Enqueue>
void DeviceAdam::run(Records& records, Vec3<double> cell_size, cudaStream_t stream, const Enqueue& enqueue) const {
  const auto [found, first] = records.try_emplace({cell_size.x, cell_size.y, cell_size.z});
  std::optional<Graph>& graph = found->second;
  if (first || !replay_) return enqueue();
  if (!graph) graph.emplace(stream, enqueue);
  graph->launch(stream);
}

std::size_t DeviceAdam::records() const {
  std::size_t records = 0;
  for (const Supply& supply : supplies_) {
    for (const Records* kind : {&supply.rows, &supply.steps}) {
      for (const auto& [cell_size, graph] : *kind) records += graph ? 1 : 0;
    }
  }
  return records;
}

AdamArrays DeviceAdam::arrays(const Supply& supply) {
  double* const state = state_.data();
  return {control_.data(),      records_.data(), weights_.data(), factors_.data(),    squares_.data(),
          gradient_.data(),     state,           state + count_,  state + 2 * count_, static_cast<int>(count_),
          supply.maker->fault()};
}

void DeviceAdam::enqueue_step(Supply& supply) {
  const DeviceRows& rows = supply.maker->rows();
  const AdamArrays all = arrays(supply);
  launch_step_factors(all, rows, stream_);
  loss_.enqueue(rows, state_.data(), factors_.data(), squares_.data(), gradient_.data());
  launch_adam_step(all, options_, stream_);
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
    Supply& refused = supplies_[supply_of_[static_cast<std::size_t>(control.taken)]];
    report.failure = attempt([&] {
      static_cast<void>(refused.maker->counts());  // throws if a coefficient is at fault
      require_finite(report.steps.back(), {&slope, 1}, group_names_, control.step);
    });
    report.steps.pop_back();
    for (Supply& supply : supplies_) supply.maker->clear_fault();  // later draws met what no step has asked for
  }
  supply_of_.clear();
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
