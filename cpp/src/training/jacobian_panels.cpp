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
    : rows_(rows),
      pool_(pool),
      count_(siren.parameter_count()),
      unknowns_(padded_unknowns(siren)),
      first_(count_ - siren.trained_count()),
      padded_(padded(first_ + unknowns_)),
      held_(siren, padded_),
      stride_(static_cast<index_t>(rows.networks()) * padded_) {
  for (std::size_t s = 0; s < rows.networks(); ++s) {
    const auto own = parameters.subspan(s * static_cast<std::size_t>(count_), static_cast<std::size_t>(count_));
    networks_.push_back(std::make_unique<PreparedNetwork<double>>(siren, own, difference_step(rows)));
    views_.push_back(networks_[s]->view());
  }
  std::fill_n(jacobian_.reserve(kPanelRows * stride_), kPanelRows * stride_, 0.0);
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
  const index_t count = rows.end - rows.begin;
  const std::vector<std::size_t> networks = networks_of(rows);
  pool_.run((count + kRowsInTask - 1) / kRowsInTask, [&](index_t t) {
    const index_t begin = rows.begin + t * kRowsInTask;
    fill_rows({rows.kind, rows.set, rows.group, begin, std::min(rows.end, begin + kRowsInTask)}, networks,
              t * kRowsInTask, scale);
  });
  if (held_.any() && first_ == 0) clear_held(count);
  return {count, blocks_of(networks), jacobian_.data(), stride_, residuals_.data()};
}

// Nothing depends on weights that are held: their unknowns stay 0.
void JacobianPanels::clear_held(index_t rows) {
  for (index_t i = 0; i < rows; ++i) {
    double* const row = jacobian_.data() + i * stride_;
    for (index_t network = 0; network < stride_; network += padded_) {
      for (index_t p = network; p < network + held_.weights; ++p) {
        if (held_.holds(p)) row[p] = 0.0;
      }
    }
  }
}

std::vector<std::size_t> JacobianPanels::networks_of(const RowTask& task) const {
  if (task.kind == RowKind::regular) return {task.set};
  if (task.kind == RowKind::irregular) return touched_networks(rows_.irregular, task.begin, task.end);
  const PointRows& rows = rows_.points[task.set];
  std::vector<std::size_t> networks;
  for (std::size_t side = 0; side < kSides; ++side) {
    if (rows.touches(side)) networks.push_back(rows.network[side]);
  }
  return networks;
}

std::vector<JacobianPanels::Block> JacobianPanels::blocks_of(const std::vector<std::size_t>& networks) const {
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < networks.size(); ++i) {
    if (i > 0 && first_ == 0 && networks[i] == networks[i - 1] + 1) {
      blocks.back().columns += unknowns_;
    } else {
      const auto network = static_cast<index_t>(networks[i]), place = static_cast<index_t>(i);
      blocks.push_back({network * unknowns_, place * padded_ + first_, unknowns_});
    }
  }
  return blocks;
}

// Rows [task.begin, task.end) into the panel from row `at` on; the networks' columns side by side.
void JacobianPanels::fill_rows(const RowTask& task, const std::vector<std::size_t>& networks, index_t at,
                               double scale) {
  const JacobianKernels& kernels = jacobian_kernels();
  AlignedBuffer<double> memory(kernels.pack_size * jacobian_workspace(views_[0]));
  const JacobianTarget target{jacobian_.data() + at * stride_, stride_, padded_, residuals_.data() + at, scale};
  const auto run = [&](auto kernel, const auto& nets, const auto& rows) {
    kernel(nets, rows, task.begin, task.end, target, memory.data());
  };
  std::vector<SirenView<double>> touched;
  for (const std::size_t s : networks) touched.push_back(views_[s]);
  switch (task.kind) {
    case RowKind::regular: return run(kernels.difference_rows, views_[task.set], view_of(rows_.regular[task.set]));
    case RowKind::points: {
      const PointRows& rows = rows_.points[task.set];
      const SirenView<double> pair[kSides] = {views_[rows.network[0]], views_[rows.network[1]]};
      return run(kernels.point_rows, pair, view_of(rows));
    }
    case RowKind::irregular:
      return run(kernels.stencil_rows, touched.data(), StencilViews(rows_.irregular, networks).view());
  }
}

}  // namespace nbm
