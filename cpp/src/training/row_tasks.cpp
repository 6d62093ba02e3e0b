#include "training/row_tasks.hpp"

#include "nbm/core/error.hpp"

namespace nbm {
namespace {

void add_tasks(std::vector<RowTask>& tasks, RowTask all, index_t grain) {
  const auto cut = TaskPartition::of(all.end, grain);
  for (index_t t = 0; t < cut.tasks; ++t) tasks.push_back({all.kind, all.set, all.group, cut.begin(t), cut.end(t)});
}

}  // namespace

std::vector<RowTask> make_tasks(const RowSet& rows, const TaskGrains& grains) {
  std::vector<RowTask> tasks;
  add_tasks(tasks, {RowKind::irregular, 0, kIrregularGroup, 0, rows.irregular.size()}, grains.irregular);
  for (std::size_t network = 0; network < rows.networks(); ++network) {
    add_tasks(tasks, {RowKind::regular, network, kRegularGroup, 0, rows.regular[network].size()}, grains.one_sided);
  }
  for (std::size_t s = 0; s < rows.points.size(); ++s) {
    const PointRows& set = rows.points[s];
    const index_t grain = set.one_sided() ? grains.one_sided : grains.two_sided;
    add_tasks(tasks, {RowKind::points, s, static_cast<std::size_t>(set.group), 0, set.size()}, grain);
  }
  return tasks;
}

Vec3<double> difference_step(const RowSet& rows) {
  Vec3<double> step{};
  bool found = false;
  const auto visit = [&](const auto& set) {
    if (set.size() == 0) return;
    if (found && !(set.step == step)) {
      throw InvalidArgument("rows", "rows in difference form must have one cell size in a set of rows");
    }
    step = set.step;
    found = true;
  };
  for (const DifferenceRows& set : rows.regular) visit(set);
  for (const PointRows& set : rows.points) {
    if (set.has_differences()) visit(set);
  }
  return step;
}

void check_parameters(const Siren& siren, std::span<const double> parameters, std::size_t networks) {
  const std::size_t expected = networks * static_cast<std::size_t>(siren.parameter_count());
  if (parameters.size() == expected) return;
  throw InvalidArgument("parameters", (networks == kSides ? "two" : std::to_string(networks)) +
                                          " networks of this shape have " + std::to_string(expected) +
                                          " parameters, got " + std::to_string(parameters.size()));
}

}  // namespace nbm
