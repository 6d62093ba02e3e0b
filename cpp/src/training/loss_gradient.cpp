#include <cmath>
#include <memory>

#include "nbm/core/aligned_buffer.hpp"
#include "nbm/core/error.hpp"
#include "nbm/network/held_weights.hpp"
#include "nbm/training/held_out.hpp"
#include "nbm/training/loss.hpp"
#include "network/prepared_network.hpp"
#include "training/row_tasks.hpp"
#include "training/row_views.hpp"

namespace nbm {
namespace {

// Rows in a task: long enough that the gradient's final sums do not show, short enough to share the work.
constexpr TaskGrains kGrains = {.one_sided = 1024, .two_sided = 512, .irregular = 64};

index_t most_block_entries(const StencilRows& rows) {
  index_t most = 0;
  for (const auto& begin : rows.begin) {
    for (index_t i = 0; i < rows.size(); ++i) {
      const index_t last = std::min(i + kStencilBlock, rows.size());
      most = std::max(most, begin[static_cast<std::size_t>(last)] - begin[static_cast<std::size_t>(i)]);
    }
  }
  return most;
}

// Regular and point rows run in precision S, irregular rows in double (docs/method.md, sections 5 and 7).
template <class S>
class LossGradient {
 public:
  LossGradient(const Siren& siren, std::span<const double> parameters, const RowSet& rows)
      : rows_(rows),
        count_(siren.parameter_count()),
        held_(siren, count_),
        most_entries_(most_block_entries(rows.irregular)),
        tasks_(make_tasks(rows, kGrains)),
        squares_(tasks_.size(), 0.0) {
    for (std::size_t s = 0; s < rows.networks(); ++s) {
      const auto own = parameters.subspan(s * static_cast<std::size_t>(count_), static_cast<std::size_t>(count_));
      networks_.push_back(std::make_unique<PreparedNetwork<S>>(siren, own, difference_step(rows)));
      views_.push_back(networks_[s]->view());
      stencil_networks_.push_back(std::make_unique<PreparedNetwork<double>>(siren, own));
      stencil_views_.push_back(stencil_networks_[s]->view());
    }
  }

  GroupSums squares(ThreadPool& pool) {
    pool.run(static_cast<index_t>(tasks_.size()), [this](index_t task) {
      const auto t = static_cast<std::size_t>(task);
      squares_[t] = squares_of(tasks_[t], gradients_.empty() ? nullptr : gradient_part(t));
    });
    GroupSums sums;
    sums.rows = row_counts(rows_);
    for (std::size_t t = 0; t < tasks_.size(); ++t) sums.squares[tasks_[t].group] += squares_[t];
    return sums;
  }

  GroupSums gradient(const PerGroup<double>& factors, std::span<double> gradient, ThreadPool& pool) {
    gradients_.assign(tasks_.size() * numbers(), 0.0);
    const GroupSums sums = squares(pool);
    for (std::size_t t = 0; t < tasks_.size(); ++t) {
      const double factor = factors[tasks_[t].group];
      const double* part = gradient_part(t);
      for (std::size_t p = 0; p < gradient.size(); ++p) {
        if (!held_.holds(static_cast<index_t>(p))) gradient[p] += factor * part[p];
      }
    }
    return sums;
  }

  // The kernels' sums of squares over single rows, so that there is one formula for a residual.
  PerGroup<std::vector<double>> absolute_residuals(ThreadPool& pool) const {
    const PerGroup<double> counts = row_counts(rows_);
    PerGroup<std::vector<double>> residuals;
    for (std::size_t g = 0; g < kMostGroups; ++g) residuals[g].resize(static_cast<std::size_t>(counts[g]));
    pool.run(static_cast<index_t>(tasks_.size()), [&](index_t t) {
      RowTask row = tasks_[static_cast<std::size_t>(t)];
      const index_t first = rows_before(row), end = row.end;
      std::vector<double>& out = residuals[row.group];
      for (; row.begin < end; ++row.begin) {
        row.end = row.begin + 1;
        out[static_cast<std::size_t>(first + row.begin)] = std::sqrt(squares_of(row, nullptr));
      }
    });
    return residuals;
  }

 private:
  // Of the same group, in the sets before.
  index_t rows_before(const RowTask& task) const {
    index_t rows = 0;
    for (std::size_t s = 0; task.kind == RowKind::regular && s < task.set; ++s) rows += rows_.regular[s].size();
    for (std::size_t s = 0; task.kind == RowKind::points && s < task.set; ++s) {
      if (rows_.points[s].group == rows_.points[task.set].group) rows += rows_.points[s].size();
    }
    return rows;
  }

  std::size_t numbers() const { return rows_.networks() * static_cast<std::size_t>(count_); }
  double* gradient_part(std::size_t task) { return gradients_.data() + task * numbers(); }
  double* gradient_of(double* gradient, std::size_t network) const {
    return gradient == nullptr ? nullptr : gradient + static_cast<index_t>(network) * count_;
  }

  // The sum of squared residuals; also adds to `gradient` (of all networks) unless it is null.
  double squares_of(const RowTask& task, double* gradient) const {
    const TrainingKernels<S>& kernels = kernels_for<S>(training_kernels());
    AlignedBuffer<S> memory;
    switch (task.kind) {
      case RowKind::regular:
        memory.reserve(kernels.pack_size * difference_rows_workspace(views_[0]));
        return kernels.difference_rows(views_[task.set], view_of(rows_.regular[task.set]), task.begin, task.end,
                                       gradient_of(gradient, task.set), memory.data());
      case RowKind::points: {
        memory.reserve(kernels.pack_size * point_rows_workspace(views_[0]));
        const PointRows& rows = rows_.points[task.set];
        const SirenView<S> nets[kSides] = {views_[rows.network[0]], views_[rows.network[1]]};
        double* const gradients[kSides] = {gradient_of(gradient, rows.network[0]),
                                           gradient_of(gradient, rows.network[1])};
        return kernels.point_rows(nets, view_of(rows), task.begin, task.end, gradient == nullptr ? nullptr : gradients,
                                  memory.data());
      }
      case RowKind::irregular: break;
    }
    return irregular_squares(task, gradient);
  }

  double irregular_squares(const RowTask& task, double* gradient) const {
    const TrainingKernels<double>& kernels = kernels_for<double>(training_kernels());
    const std::vector<std::size_t> touched = touched_networks(rows_.irregular, task.begin, task.end);
    std::vector<SirenView<double>> nets;
    std::vector<double*> gradients;
    for (const std::size_t s : touched) {
      nets.push_back(stencil_views_[s]);
      gradients.push_back(gradient_of(gradient, s));
    }
    AlignedBuffer<double> memory(kernels.pack_size * stencil_rows_workspace(stencil_views_[0],
                                                                            static_cast<int>(touched.size()),
                                                                            most_entries_, kernels.pack_size));
    return kernels.stencil_rows(nets.data(), StencilViews(rows_.irregular, touched).view(), task.begin, task.end,
                                most_entries_, gradient == nullptr ? nullptr : gradients.data(), memory.data());
  }

  const RowSet& rows_;
  index_t count_;
  HeldWeights held_;
  index_t most_entries_;
  std::vector<RowTask> tasks_;
  std::vector<double> gradients_;  // [task][network][count_]; empty when only residuals are wanted
  std::vector<double> squares_;    // [task]
  std::vector<std::unique_ptr<PreparedNetwork<S>>> networks_;
  std::vector<std::unique_ptr<PreparedNetwork<double>>> stencil_networks_;
  std::vector<SirenView<S>> views_;
  std::vector<SirenView<double>> stencil_views_;
};

}  // namespace

PerGroup<std::vector<double>> absolute_residuals(const Siren& siren, std::span<const double> parameters,
                                                 const RowSet& rows, ThreadPool& pool) {
  check_parameters(siren, parameters, rows.networks());
  return LossGradient<double>(siren, parameters, rows).absolute_residuals(pool);
}

GroupSums loss_sums(const Siren& siren, std::span<const double> parameters, const RowSet& rows, Precision precision,
                    ThreadPool& pool) {
  check_parameters(siren, parameters, rows.networks());
  if (precision == Precision::float32) return LossGradient<float>(siren, parameters, rows).squares(pool);
  return LossGradient<double>(siren, parameters, rows).squares(pool);
}

GroupSums add_loss_gradient(const Siren& siren, std::span<const double> parameters, const RowSet& rows,
                            const PerGroup<double>& factors, Precision precision, std::span<double> gradient,
                            ThreadPool& pool) {
  check_parameters(siren, parameters, rows.networks());
  check_parameters(siren, gradient, rows.networks());
  if (precision == Precision::float32) {
    return LossGradient<float>(siren, parameters, rows).gradient(factors, gradient, pool);
  }
  return LossGradient<double>(siren, parameters, rows).gradient(factors, gradient, pool);
}

}  // namespace nbm
