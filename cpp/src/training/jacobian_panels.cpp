#include "training/jacobian_panels.hpp"

#include <algorithm>
#include <cmath>

#include "training/row_views.hpp"

namespace nbm {
namespace {

constexpr index_t kPanelRows = 512;
constexpr index_t kRowsInTask = 32;  // of a panel
constexpr TaskGrains kPanels = {.one_sided = kPanelRows, .two_sided = kPanelRows, .irregular = kPanelRows};

}  // namespace

JacobianPanels::JacobianPanels(const Siren& siren, std::span<const double> parameters, const RowSet& rows,
                               ThreadPool& pool)
    : rows_(rows), pool_(pool), count_(siren.parameter_count()), padded_(padded_parameters(siren)) {
  for (std::size_t s = 0; s < kSides; ++s) {
    const auto own = parameters.subspan(s * static_cast<std::size_t>(count_), static_cast<std::size_t>(count_));
    networks_[s] = std::make_unique<PreparedNetwork<double>>(siren, own, difference_step(rows));
    views_[s] = networks_[s]->view();
  }
  const index_t columns = 2 * padded_;
  std::fill_n(jacobian_.reserve(kPanelRows * columns), kPanelRows * columns, 0.0);
  residuals_.reserve(kPanelRows);
}

GroupSums JacobianPanels::for_each(const PerGroup<double>& factors, const std::function<void(const Panel&)>& use) {
  GroupSums sums;
  sums.rows = row_counts(rows_);
  for (const RowTask& task : make_tasks(rows_, kPanels)) {
    for (index_t begin = task.begin; begin < task.end; begin += kPanelRows) {
      const index_t end = std::min(task.end, begin + kPanelRows);
      const Panel panel = fill({task.kind, task.set, task.group, begin, end}, std::sqrt(factors[task.group]));
      double squares = 0;
      for (index_t i = 0; i < panel.rows; ++i) squares += panel.residuals[i] * panel.residuals[i];
      sums.squares[task.group] += factors[task.group] > 0 ? squares / factors[task.group] : 0.0;
      use(panel);
    }
  }
  return sums;
}

JacobianPanels::Panel JacobianPanels::fill(const RowTask& rows, double scale) {
  const index_t count = rows.end - rows.begin, stride = 2 * padded_;
  pool_.run((count + kRowsInTask - 1) / kRowsInTask, [&](index_t t) {
    const index_t begin = rows.begin + t * kRowsInTask;
    fill_rows({rows.kind, rows.set, rows.group, begin, std::min(rows.end, begin + kRowsInTask)}, t * kRowsInTask,
              scale);
  });
  if (const int side = only_side(rows); side >= 0) {
    return {count, side * padded_, padded_, jacobian_.data(), stride, residuals_.data()};
  }
  return {count, 0, stride, jacobian_.data(), stride, residuals_.data()};
}

// The side of rows of one network; -1: they are of both.
int JacobianPanels::only_side(const RowTask& task) const {
  if (task.kind == RowKind::regular) return static_cast<int>(task.set);
  if (task.kind == RowKind::irregular || !rows_.points[task.set].one_sided()) return -1;
  return rows_.points[task.set].touches(0) ? 0 : 1;
}

// Rows [task.begin, task.end) into the panel from row `at` on. One-sided rows use its first columns.
void JacobianPanels::fill_rows(const RowTask& task, index_t at, double scale) {
  const JacobianKernels& kernels = jacobian_kernels();
  AlignedBuffer<double> memory(kernels.pack_size * jacobian_workspace(views_[0]));
  const index_t stride = 2 * padded_;
  const JacobianTarget target{jacobian_.data() + at * stride, stride, padded_, residuals_.data() + at, scale};
  const auto run = [&](auto kernel, const auto& networks, const auto& rows) {
    kernel(networks, rows, task.begin, task.end, target, memory.data());
  };
  switch (task.kind) {
    case RowKind::regular: return run(kernels.difference_rows, views_[task.set], view_of(rows_.regular[task.set]));
    case RowKind::points: return run(kernels.point_rows, views_.data(), view_of(rows_.points[task.set]));
    case RowKind::irregular: return run(kernels.stencil_rows, views_.data(), view_of(rows_.irregular));
  }
}

}  // namespace nbm
