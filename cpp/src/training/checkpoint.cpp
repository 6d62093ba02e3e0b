#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>

#include "core/fingerprint.hpp"
#include "core/rank_failure.hpp"
#include "nbm/core/error.hpp"
#include "nbm/core/tensor_file.hpp"
#include "training/trainer_state.hpp"
#include "training/value_units.hpp"

// Checkpoints: tensor files with parameters, optimizer, counters and history. Random numbers are functions of the step,
// so the step is all that the generators need, and training may go on with another number of ranks. The first rank
// reads and writes.
namespace nbm {
namespace {

constexpr const char* kFormat = "nbm-checkpoint-1";
constexpr const char* kUnits = "value_units";  // scale and shifts of u
constexpr index_t kProgress = 7;               // numbers about what is in progress
constexpr index_t kStepColumns = 6;            // of the history, before those of the groups

index_t history_columns(std::size_t groups) { return kStepColumns + 2 * static_cast<index_t>(groups); }

void describe(std::ostream& text, const AdamOptions& o) {
  text << "adam " << o.steps << ' ' << o.learning_rate << ' ' << static_cast<int>(o.schedule) << ' ' << o.final_fraction
       << ' ' << o.beta1 << ' ' << o.beta2 << ' ' << o.epsilon << ' ' << o.clip_norm << ' ' << o.local_steps << ' ';
}

void describe(std::ostream& text, const GaussNewtonOptions& o) {
  text << "gauss_newton " << o.steps << ' ' << o.damping << ' ' << o.decrease << ' ' << o.increase << ' ' << o.trials
       << ' ' << o.starts << ' ' << o.start_steps << ' ' << to_string(o.system) << ' ' << o.stop_fraction << ' ';
}

void describe(std::ostream& text, Vec3<double> v) { text << v.x << ' ' << v.y << ' ' << v.z << ' '; }

void describe(std::ostream& text, const Observations& o) {
  text << o.name << ' ' << o.size() << ' ' << (o.side ? index_of(*o.side) : -1) << ' ' << o.per_draw << ' ' << o.weight
       << ' ';
  for (const auto* numbers : {&o.points.x, &o.points.y, &o.points.z, &o.values, &o.sigma, &o.directions.x,
                              &o.directions.y, &o.directions.z}) {
    text << fingerprint_of(*numbers) << ' ';
  }
}

Tensor history_tensor(const History& history, std::size_t groups) {
  Tensor table;
  table.shape = {static_cast<index_t>(history.size()), history_columns(groups)};
  const auto used = static_cast<std::ptrdiff_t>(groups);
  for (const HistoryEntry& e : history) {
    table.values.insert(table.values.end(),
                        {static_cast<double>(e.step), e.loss, e.rate, e.cell_size, e.seconds, e.points_per_second});
    table.values.insert(table.values.end(), e.mean_squares.begin(), e.mean_squares.begin() + used);
    table.values.insert(table.values.end(), e.rows.begin(), e.rows.begin() + used);
  }
  return table;
}

History history_from(const std::vector<double>& table, std::size_t groups) {
  const index_t columns = history_columns(groups);
  History history(table.size() / static_cast<std::size_t>(columns));
  const double* row = table.data();
  for (HistoryEntry& e : history) {
    e.step = static_cast<index_t>(row[0]);
    e.loss = row[1];
    e.rate = row[2];
    e.cell_size = row[3];
    e.seconds = row[4];
    e.points_per_second = row[5];
    std::copy_n(row + kStepColumns, groups, e.mean_squares.begin());
    std::copy_n(row + kStepColumns + groups, groups, e.rows.begin());
    row += columns;
  }
  return history;
}

index_t read_integer(const std::string& path, const TensorFile& file, const char* key, index_t most) {
  const auto found = file.metadata.find(key);
  index_t value = -1;
  if (found != file.metadata.end()) {
    const std::string& text = found->second;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc() || end != text.data() + text.size()) value = -1;
  }
  if (value < 0 || value > most) {
    throw FileError(path, std::string("the checkpoint has no usable entry '") + key + "'");
  }
  return value;
}

// A damaged file of before there were digests may hold anything.
void require_finite(const std::string& path, const std::string& name, const std::vector<double>& values) {
  const bool finite = std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
  if (!finite) throw FileError(path, "the tensor " + name + " holds NaN or infinity: the checkpoint is damaged");
}

}  // namespace

std::string fingerprint(const TrainingOptions& o, const Box& box) {
  std::ostringstream text;
  text.precision(17);
  for (const int width : o.network.hidden) text << width << ' ';
  text << o.network.omega << ' ' << o.network.gamma << ' ';
  describe(text, o.resolution.coarsest);
  const SamplingOptions& sampling = o.sampling;
  text << o.resolution.levels << ' ' << static_cast<int>(o.resolution.order) << ' ' << static_cast<int>(sampling.mode)
       << ' ' << sampling.counts.regular << ' ' << sampling.counts.irregular << ' ' << sampling.counts.boundary << ' '
       << sampling.refresh << ' ' << sampling.grid_nodes << ' ' << sampling.batch << ' ' << to_string(o.discretization)
       << ' ' << to_string(o.loss) << ' ';
  std::visit([&](const auto& optimizer) { describe(text, optimizer); }, o.optimizer);
  text << o.plateau.window << ' ' << o.plateau.tolerance << ' ' << static_cast<int>(o.precision) << ' ' << o.seed
       << ' ';
  describe(text, box.lower);
  describe(text, box.upper);
  for (const Observations& data : o.observations) describe(text, data);
  // Only where they are asked for, so that checkpoints from before there were shares go on.
  const PointShares& shares = sampling.shares;
  if (shares.pieces != 0.0 || shares.sources != 0.0) text << "shares " << shares.pieces << ' ' << shares.sources << ' ';
  if (o.networks != Networks::sides) text << "networks " << to_string(o.networks) << ' ' << o.network_map.size() << ' ';
  if (o.network.trained != TrainedLayers::all) text << "trained " << to_string(o.network.trained) << ' ';
  for (int axis = 0; axis < kDim; ++axis) {
    if (o.network.periodic[static_cast<std::size_t>(axis)])
      text << "periodic "
           << "xyz"[axis] << ' ';
  }
  return text.str();
}

void Trainer::State::write_checkpoint(const std::string& path) const {
  TensorFile file;
  file.metadata["format"] = kFormat;
  file.metadata["step"] = std::to_string(steps_done);
  file.metadata["stop_reason"] = std::to_string(static_cast<int>(stop_reason));
  file.metadata["history_rows"] = std::to_string(history.size());
  file.metadata["options"] = fingerprint(options, problem.box);
  file.tensors["parameters"] = Tensor::vector(parameters);
  const ValueScale units = options.values();
  file.tensors[kUnits] = Tensor::vector({units.scale, units.shift[0], units.shift[1]});
  for (const auto& [name, values] : optimizer->state()) file.tensors["optimizer." + name] = Tensor::vector(values);
  const PlateauDetector::State& window = plateau.state();
  file.tensors["progress"] = Tensor::vector({window.sum, static_cast<double>(window.count), window.last_mean, seconds,
                                             seconds_at_entry, rows_since_entry, loss_at_look});
  if (factors != options.factors({})) file.tensors["weights"] = Tensor::vector({factors.begin(), factors.end()});
  file.tensors["history"] = history_tensor(history, group_names.size());
  file.write(path);
}

std::vector<double> Trainer::State::read_checkpoint(const std::string& path) const {
  TensorFile file = TensorFile::read(path);
  if (file.metadata["format"] != kFormat) throw FileError(path, std::string("is not a checkpoint (") + kFormat + ")");
  if (file.metadata["options"] != fingerprint(options, problem.box)) {
    throw InvalidArgument("checkpoint", "'" + path +
                                            "' was written with other options or another box; make the trainer with "
                                            "the options of the first run");
  }
  const index_t step = read_integer(path, file, "step", steps_total()),
                rows_saved = read_integer(path, file, "history_rows", steps_total()),
                reason = read_integer(path, file, "stop_reason", static_cast<index_t>(StopReason::converged));
  std::vector<double> saved = {static_cast<double>(step), static_cast<double>(reason)};
  const auto append = [&](const std::string& name, const std::vector<index_t>& shape) {
    const Tensor tensor = file.take(path, name, shape);
    require_finite(path, name, tensor.values);
    saved.insert(saved.end(), tensor.values.begin(), tensor.values.end());
  };
  append("progress", {kProgress});
  if (file.tensors.contains(kUnits)) {
    append(kUnits, {1 + kSides});
  } else {  // from before there were units
    saved.insert(saved.end(), {1.0, 0.0, 0.0});
  }
  append("parameters", {static_cast<index_t>(parameters.size())});
  for (const auto& [name, values] : optimizer->state()) {
    append("optimizer." + name, {static_cast<index_t>(values.size())});
  }
  if (file.tensors.contains("weights")) {
    append("weights", {kMostGroups});
  } else {
    const PerGroup<double> none = options.factors({});
    saved.insert(saved.end(), none.begin(), none.end());
  }
  append("history", {rows_saved, history_columns(group_names.size())});
  return saved;
}

void Trainer::State::take_units(const ValueScale& saved) {
  const ValueScale own = options.values();
  if (saved.scale == own.scale && saved.shift[0] == own.shift[0] && saved.shift[1] == own.shift[1]) return;
  to_values(options.network, options.network_map, saved, parameters);
  from_values(options.network, options.network_map, own, parameters);
}

void Trainer::State::restore(const std::vector<double>& saved) {
  ahead.reset();
  const double* next = saved.data();
  const auto take = [&](std::size_t count) {
    next += count;
    return std::vector<double>(next - count, next);
  };
  steps_done = static_cast<index_t>(*next++);
  const auto reason = static_cast<StopReason>(static_cast<int>(*next++));
  const std::vector<double> progress = take(kProgress);
  const std::vector<double> units = take(1 + kSides);
  std::vector<double> given = take(parameters.size());
  std::map<std::string, std::vector<double>> states = optimizer->state();
  for (auto& [name, values] : states) values = take(values.size());
  PerGroup<double> weights{};
  std::copy_n(next, kMostGroups, weights.begin());
  next += kMostGroups;
  use(weights);
  parameters = std::move(given);
  take_units({units[0], {units[1], units[2]}});
  stop_reason = reason;
  plateau.restore({progress[0], static_cast<index_t>(progress[1]), progress[2]});
  seconds = progress[3];
  seconds_at_entry = progress[4];
  rows_since_entry = progress[5];
  loss_at_look = progress[6];
  optimizer->restore(states);
  history = history_from(take(static_cast<std::size_t>(saved.data() + saved.size() - next)), group_names.size());
  resident_started = false;
}

void Trainer::save_checkpoint(const std::string& path) const {
  const State& s = *state_;
  meet(s.communicator, attempt([&] {
         if (s.communicator.rank() == 0) s.write_checkpoint(path);
       }));
}

void Trainer::load_checkpoint(const std::string& path) {
  State& s = *state_;
  std::vector<double> saved;
  meet(s.communicator, attempt([&] {
         if (s.communicator.rank() == 0) saved = s.read_checkpoint(path);
       }));
  std::array<double, 1> size = {static_cast<double>(saved.size())};
  s.communicator.broadcast(size, 0);
  meet(s.communicator, attempt([&] { saved.resize(static_cast<std::size_t>(size[0])); }));
  s.communicator.broadcast(saved, 0);
  s.restore(saved);
}

}  // namespace nbm
