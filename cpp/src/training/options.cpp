#include "nbm/training/options.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "nbm/core/error.hpp"
#include "nbm/training/adam_update.hpp"

namespace nbm {
namespace {

void require(bool holds, const char* name, const std::string& expected, double got) {
  if (!holds) throw InvalidArgument(name, expected + ", got " + std::to_string(got));
}

}  // namespace

RateSchedule parse_rate_schedule(const std::string& name) {
  if (name == "constant") return RateSchedule::constant;
  if (name == "exponential") return RateSchedule::exponential;
  if (name == "cosine") return RateSchedule::cosine;
  throw InvalidArgument("schedule", "expected 'constant', 'exponential' or 'cosine', got '" + name + "'");
}

Networks parse_networks(const std::string& name) {
  for (const Networks networks : {Networks::sides, Networks::pieces}) {
    if (to_string(networks) == name) return networks;
  }
  throw InvalidArgument("networks", "expected 'sides' or 'pieces', got '" + name + "'");
}

std::string to_string(Networks networks) { return networks == Networks::sides ? "sides" : "pieces"; }

std::string to_string(LinearSystem system) {
  switch (system) {
    case LinearSystem::automatic: return "auto";
    case LinearSystem::normal: return "normal";
    case LinearSystem::rows: break;
  }
  return "rows";
}

LinearSystem parse_linear_system(const std::string& name) {
  for (const LinearSystem system : {LinearSystem::automatic, LinearSystem::normal, LinearSystem::rows}) {
    if (to_string(system) == name) return system;
  }
  throw InvalidArgument("system", "expected 'auto', 'normal' or 'rows', got '" + name + "'");
}

void AdamOptions::validate() const {
  require(steps >= 1, "steps", "must be at least 1", static_cast<double>(steps));
  require(std::isfinite(learning_rate) && learning_rate > 0, "learning_rate", "must be positive", learning_rate);
  require(final_fraction > 0 && final_fraction <= 1, "final_fraction", "must be in (0, 1]", final_fraction);
  require(beta1 >= 0 && beta1 < 1, "beta1", "must be in [0, 1)", beta1);
  require(beta2 >= 0 && beta2 < 1, "beta2", "must be in [0, 1)", beta2);
  require(epsilon > 0, "epsilon", "must be positive", epsilon);
  require(local_steps >= 1, "local_steps", "must be at least 1", static_cast<double>(local_steps));
  require(std::isfinite(clip_norm) && clip_norm >= 0, "clip_norm", "must be 0 (off) or positive", clip_norm);
}

double AdamOptions::rate(index_t step) const { return adam_rate(*this, step); }

void GaussNewtonOptions::validate() const {
  require(steps >= 1, "steps", "must be at least 1", static_cast<double>(steps));
  require(std::isfinite(damping) && damping > 0, "damping", "must be positive", damping);
  require(std::isfinite(decrease) && decrease >= 1, "decrease", "must be at least 1", decrease);
  require(std::isfinite(increase) && increase > 1, "increase", "must be above 1", increase);
  require(trials >= 1, "trials", "must be at least 1", trials);
  require(starts >= 1 && starts <= 1000, "starts", "must be from 1 to 1000", starts);
  require(start_steps >= 1, "start_steps", "must be at least 1", static_cast<double>(start_steps));
  require(stop_fraction >= 0 && stop_fraction < 1, "stop_fraction", "must be in [0, 1)", stop_fraction);
}

void PlateauOptions::validate() const {
  require(window >= 0, "plateau_window", "must be 0 (off) or positive", static_cast<double>(window));
  require(tolerance >= 0 && tolerance < 1, "plateau_tolerance", "must be in [0, 1)", tolerance);
}

void SamplingOptions::validate() const {
  counts.validate();
  shares.validate();
  require(refresh >= 1, "refresh", "must be at least 1", static_cast<double>(refresh));
  require(grid_nodes >= 2, "grid_nodes", "must be at least 2", static_cast<double>(grid_nodes));
  require(batch >= 1, "batch", "must be at least 1", static_cast<double>(batch));
}

ValueScale TrainingOptions::values() const {
  ValueScale values;
  if (value_scale) values.scale = *value_scale;
  if (value_shift) std::copy(value_shift->begin(), value_shift->end(), values.shift);
  return values;
}

namespace {

void validate_groups(const TrainingOptions& options, const Box& box) {
  constexpr std::size_t most = kMostGroups - kStandardGroups;
  if (options.observations.size() > most) {
    throw InvalidArgument("observations", "expected at most " + std::to_string(most) + " groups, got " +
                                              std::to_string(options.observations.size()));
  }
  for (const Observations& data : options.observations) data.validate(box);
  const std::vector<std::string> names = options.group_names();
  std::set<std::string> different;
  for (const std::string& name : names) {
    if (different.insert(name).second) continue;
    throw InvalidArgument("observations", "two groups of rows are called '" + name + "'; give each a name of its own");
  }
  static_cast<void>(options.factors(options.weights));
}

}  // namespace

void TrainingOptions::validate(const Box& box) const {
  network.validate();
  resolution.validate(box);
  sampling.validate();
  const SampleCounts& counts = sampling.counts;
  const index_t points = counts.regular + counts.irregular + counts.boundary;
  require(sampling.mode == SamplingOptions::Mode::grid || points > 0 || !observations.empty(), "counts",
          "a draw needs at least one point", 0.0);
  std::visit([](const auto& options) { options.validate(); }, optimizer);
  plateau.validate();
  validate_groups(*this, box);
  if (discretization == Discretization::direct_jump && sampling.mode != SamplingOptions::Mode::fresh) {
    throw InvalidArgument("discretization", "'direct_jump' needs fresh samples, got those of a grid");
  }
  const ValueScale units = values();
  require(std::isfinite(units.scale) && units.scale > 0, "value_scale", "must be positive", units.scale);
  for (const double shift : units.shift) require(std::isfinite(shift), "value_shift", "must be finite", shift);
  require(threads >= 0, "threads", "must be 0 (all cores) or positive", threads);
  require(check_every >= 0, "check_every", "must be 0 (never) or positive", static_cast<double>(check_every));
  require(record_every >= 1, "record_every", "must be at least 1", static_cast<double>(record_every));
}

std::vector<std::string> TrainingOptions::group_names() const {
  std::vector<std::string> names;
  for (int group = 0; group < kStandardGroups; ++group) names.push_back(group_name(group));
  for (const Observations& data : observations) names.push_back(data.name);
  return names;
}

PerGroup<double> TrainingOptions::group_weights(const Box& box, Vec3<double> cell_size) const {
  PerGroup<double> all = nbm::group_weights(loss, discretization, box, cell_size);
  for (std::size_t i = 0; i < observations.size(); ++i) all[kStandardGroups + i] = observations[i].weight;
  return all;
}

PerGroup<double> TrainingOptions::factors(const WeightFactors& given) const {
  const std::vector<std::string> names = group_names();
  PerGroup<double> all;
  all.fill(1.0);
  for (const auto& [name, factor] : given) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      std::string known;
      for (const std::string& group : names) known += (known.empty() ? "'" : ", '") + group + "'";
      throw InvalidArgument("weights", "there is no group of rows '" + name + "'; expected names among " + known);
    }
    if (!(std::isfinite(factor) && factor >= 0)) {
      throw InvalidArgument("weights",
                            "that of '" + name + "' must be finite and not negative, got " + std::to_string(factor));
    }
    all[static_cast<std::size_t>(found - names.begin())] = factor;
  }
  return all;
}

}  // namespace nbm
