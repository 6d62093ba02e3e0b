#include <charconv>
#include <sstream>

#include "nbm/core/error.hpp"
#include "nbm/core/tensor_file.hpp"
#include "training/trainer_state.hpp"

// Checkpoints: tensor files with parameters, optimizer, counters and history. Random numbers are functions of the step,
// so the step is all that the generators need.
namespace nbm {
namespace {

constexpr const char* kFormat = "nbm-checkpoint-1";
constexpr index_t kHistoryColumns = 6 + 2 * kRowGroups;

void describe(std::ostream& text, const AdamOptions& o) {
  text << "adam " << o.steps << ' ' << o.learning_rate << ' ' << static_cast<int>(o.schedule) << ' ' << o.final_fraction
       << ' ' << o.beta1 << ' ' << o.beta2 << ' ' << o.epsilon << ' ' << o.clip_norm << ' ';
}

void describe(std::ostream& text, const GaussNewtonOptions& o) {
  text << "gauss_newton " << o.steps << ' ' << o.damping << ' ' << o.decrease << ' ' << o.increase << ' ' << o.trials
       << ' ';
}

void describe(std::ostream& text, Vec3<double> v) { text << v.x << ' ' << v.y << ' ' << v.z << ' '; }

// What must be the same for training to go on: all options but threads and the recording interval.
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
  return text.str();
}

Tensor history_tensor(const History& history) {
  Tensor table;
  table.shape = {static_cast<index_t>(history.size()), kHistoryColumns};
  for (const HistoryEntry& e : history) {
    table.values.insert(table.values.end(),
                        {static_cast<double>(e.step), e.loss, e.rate, e.cell_size, e.seconds, e.points_per_second});
    table.values.insert(table.values.end(), e.mean_squares.begin(), e.mean_squares.end());
    table.values.insert(table.values.end(), e.rows.begin(), e.rows.end());
  }
  return table;
}

History history_from(const std::vector<double>& table) {
  History history(table.size() / kHistoryColumns);
  const double* row = table.data();
  for (HistoryEntry& e : history) {
    e.step = static_cast<index_t>(row[0]);
    e.loss = row[1];
    e.rate = row[2];
    e.cell_size = row[3];
    e.seconds = row[4];
    e.points_per_second = row[5];
    std::copy_n(row + 6, kRowGroups, e.mean_squares.begin());
    std::copy_n(row + 6 + kRowGroups, kRowGroups, e.rows.begin());
    row += kHistoryColumns;
  }
  return history;
}

index_t read_integer(const std::string& path, const TensorFile& file, const char* key) {
  const auto found = file.metadata.find(key);
  index_t value = -1;
  if (found != file.metadata.end()) {
    const std::string& text = found->second;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc() || end != text.data() + text.size()) value = -1;
  }
  if (value < 0) throw FileError(path, std::string("the checkpoint has no usable entry '") + key + "'");
  return value;
}

}  // namespace

void Trainer::save_checkpoint(const std::string& path) const {
  const State& s = *state_;
  TensorFile file;
  file.metadata["format"] = kFormat;
  file.metadata["step"] = std::to_string(s.steps_done);
  file.metadata["stop_reason"] = std::to_string(static_cast<int>(s.stop_reason));
  file.metadata["history_rows"] = std::to_string(s.history.size());
  file.metadata["options"] = fingerprint(s.options, s.problem.box);
  file.tensors["parameters"] = Tensor::vector(s.parameters);
  for (const auto& [name, values] : s.optimizer->state()) file.tensors["optimizer." + name] = Tensor::vector(values);
  const PlateauDetector::State& plateau = s.plateau.state();
  file.tensors["progress"] = Tensor::vector({plateau.sum, static_cast<double>(plateau.count), plateau.last_mean,
                                             s.seconds, s.seconds_at_entry, s.rows_since_entry});
  file.tensors["history"] = history_tensor(s.history);
  file.write(path);
}

void Trainer::load_checkpoint(const std::string& path) {
  State& s = *state_;
  TensorFile file = TensorFile::read(path);
  if (file.metadata["format"] != kFormat) throw FileError(path, std::string("is not a checkpoint (") + kFormat + ")");
  if (file.metadata["options"] != fingerprint(s.options, s.problem.box)) {
    throw InvalidArgument("checkpoint", "'" + path +
                                            "' was written with other options or another box; make the trainer with "
                                            "the options of the first run");
  }
  const index_t step = read_integer(path, file, "step"), rows = read_integer(path, file, "history_rows"),
                reason = read_integer(path, file, "stop_reason");
  const auto count = static_cast<index_t>(s.parameters.size());
  Tensor parameters = file.take(path, "parameters", {count});
  std::map<std::string, std::vector<double>> optimizer;
  for (const auto& [name, values] : s.optimizer->state()) {
    optimizer[name] = file.take(path, "optimizer." + name, {static_cast<index_t>(values.size())}).values;
  }
  const Tensor progress = file.take(path, "progress", {6});
  const Tensor history = file.take(path, "history", {rows, kHistoryColumns});

  s.parameters = std::move(parameters.values);
  s.optimizer->restore(optimizer);
  s.steps_done = step;
  s.plateau.restore({progress.values[0], static_cast<index_t>(progress.values[1]), progress.values[2]});
  s.seconds = progress.values[3];
  s.seconds_at_entry = progress.values[4];
  s.rows_since_entry = progress.values[5];
  s.history = history_from(history.values);
  s.stop_reason = static_cast<StopReason>(reason);
  s.assembled_draw = -1;
}

}  // namespace nbm
