#include "training/row_tasks.hpp"

#include "nbm/core/error.hpp"

namespace nbm {
namespace {

void add_tasks(std::vector<RowTask>& tasks, RowGroup group, int side, index_t rows, index_t grain) {
  const auto cut = TaskPartition::of(rows, grain);
  for (index_t t = 0; t < cut.tasks; ++t) tasks.push_back({group, side, cut.begin(t), cut.end(t)});
}

}  // namespace

std::vector<RowTask> make_tasks(const RowSet& rows, const TaskGrains& grains) {
  std::vector<RowTask> tasks;
  add_tasks(tasks, RowGroup::irregular, 0, rows.irregular.size(), grains.irregular);
  add_tasks(tasks, RowGroup::value_jump, 0, rows.value_jump.size(), grains.jumps);
  add_tasks(tasks, RowGroup::flux_jump, 0, rows.flux_jump.size(), grains.jumps);
  for (int s = 0; s < kSides; ++s) {
    const auto side = static_cast<std::size_t>(s);
    add_tasks(tasks, RowGroup::regular, s, rows.regular[side].size(), grains.one_sided);
    add_tasks(tasks, RowGroup::boundary, s, rows.boundary[side].size(), grains.one_sided);
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
  for (const DifferenceRows& side : rows.regular) visit(side);
  visit(rows.value_jump);
  visit(rows.flux_jump);
  return step;
}

void check_parameters(const Siren& siren, std::span<const double> parameters) {
  const auto expected = static_cast<std::size_t>(2 * siren.parameter_count());
  if (parameters.size() == expected) return;
  throw InvalidArgument("parameters", "two networks of this shape have " + std::to_string(expected) +
                                          " parameters, got " + std::to_string(parameters.size()));
}

}  // namespace nbm
