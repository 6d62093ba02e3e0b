#include <memory>

#include "nbm/core/aligned_buffer.hpp"
#include "nbm/core/error.hpp"
#include "nbm/training/loss.hpp"
#include "network/prepared_network.hpp"
#include "training/row_tasks.hpp"
#include "training/row_views.hpp"

namespace nbm {
namespace {

// Rows in a task: long enough that the gradient's final sums do not show, short enough to share the work.
constexpr TaskGrains kGrains = {.one_sided = 1024, .jumps = 512, .irregular = 64};

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

// Regular and boundary rows run in precision S, irregular rows in double (docs/method.md, sections 5 and 7).
template <class S>
class LossGradient {
 public:
  LossGradient(const Siren& siren, std::span<const double> parameters, const RowSet& rows)
      : rows_(rows),
        count_(siren.parameter_count()),
        most_entries_(most_block_entries(rows.irregular)),
        tasks_(make_tasks(rows, kGrains)),
        squares_(tasks_.size(), 0.0) {
    for (std::size_t s = 0; s < kSides; ++s) {
      const auto own = parameters.subspan(s * static_cast<std::size_t>(count_), static_cast<std::size_t>(count_));
      networks_[s] = std::make_unique<PreparedNetwork<S>>(siren, own, difference_step(rows));
      views_[s] = networks_[s]->view();
      stencil_networks_[s] = std::make_unique<PreparedNetwork<double>>(siren, own);
      stencil_views_[s] = stencil_networks_[s]->view();
    }
  }

  GroupSums squares(ThreadPool& pool) {
    pool.run(static_cast<index_t>(tasks_.size()), [this](index_t t) { run_task(static_cast<std::size_t>(t)); });
    GroupSums sums;
    sums.rows = row_counts(rows_);
    for (std::size_t t = 0; t < tasks_.size(); ++t)
      sums.squares[static_cast<std::size_t>(tasks_[t].group)] += squares_[t];
    return sums;
  }

  GroupSums gradient(const PerGroup<double>& factors, std::span<double> gradient, ThreadPool& pool) {
    gradients_.assign(tasks_.size() * static_cast<std::size_t>(2 * count_), 0.0);
    const GroupSums sums = squares(pool);
    for (std::size_t t = 0; t < tasks_.size(); ++t) {
      const double factor = factors[static_cast<std::size_t>(tasks_[t].group)];
      const double* part = gradients_.data() + t * static_cast<std::size_t>(2 * count_);
      for (std::size_t p = 0; p < gradient.size(); ++p) gradient[p] += factor * part[p];
    }
    return sums;
  }

 private:
  void run_task(std::size_t t) {
    const RowTask& task = tasks_[t];
    const auto side = static_cast<std::size_t>(task.side);
    const bool wanted = !gradients_.empty();
    double* const minus = wanted ? gradients_.data() + t * static_cast<std::size_t>(2 * count_) : nullptr;
    double* const both[kSides] = {minus, wanted ? minus + count_ : nullptr};
    double* const* gradients = wanted ? both : nullptr;
    double* const own = both[side];
    const TrainingKernels<S>& kernels = kernels_for<S>(training_kernels());
    const SirenView<S>& net = views_[side];
    AlignedBuffer<S> memory;
    switch (task.group) {
      case RowGroup::regular:
        memory.reserve(kernels.pack_size * difference_rows_workspace(net));
        squares_[t] =
            kernels.difference_rows(net, view_of(rows_.regular[side]), task.begin, task.end, own, memory.data());
        break;
      case RowGroup::boundary:
        memory.reserve(kernels.pack_size * value_rows_workspace(net));
        squares_[t] = kernels.value_rows(net, view_of(rows_.boundary[side]), task.begin, task.end, own, memory.data());
        break;
      case RowGroup::value_jump:
      case RowGroup::flux_jump: {
        const JumpRows& rows = task.group == RowGroup::value_jump ? rows_.value_jump : rows_.flux_jump;
        memory.reserve(kernels.pack_size * jump_rows_workspace(net));
        squares_[t] = kernels.jump_rows(views_.data(), view_of(rows), task.begin, task.end, gradients, memory.data());
        break;
      }
      case RowGroup::irregular: squares_[t] = run_irregular(task, gradients); break;
    }
  }

  double run_irregular(const RowTask& task, double* const* gradients) const {
    const TrainingKernels<double>& kernels = kernels_for<double>(training_kernels());
    AlignedBuffer<double> memory(kernels.pack_size *
                                 stencil_rows_workspace(stencil_views_[0], most_entries_, kernels.pack_size));
    return kernels.stencil_rows(stencil_views_.data(), view_of(rows_.irregular), task.begin, task.end, most_entries_,
                                gradients, memory.data());
  }

  const RowSet& rows_;
  index_t count_;
  index_t most_entries_;
  std::vector<RowTask> tasks_;
  std::vector<double> gradients_;  // [task][2 * count_]; empty when only residuals are wanted
  std::vector<double> squares_;    // [task]
  std::array<std::unique_ptr<PreparedNetwork<S>>, kSides> networks_;
  std::array<std::unique_ptr<PreparedNetwork<double>>, kSides> stencil_networks_;
  std::array<SirenView<S>, kSides> views_;
  std::array<SirenView<double>, kSides> stencil_views_;
};

}  // namespace

GroupSums loss_sums(const Siren& siren, std::span<const double> parameters, const RowSet& rows, Precision precision,
                    ThreadPool& pool) {
  check_parameters(siren, parameters);
  if (precision == Precision::float32) return LossGradient<float>(siren, parameters, rows).squares(pool);
  return LossGradient<double>(siren, parameters, rows).squares(pool);
}

GroupSums add_loss_gradient(const Siren& siren, std::span<const double> parameters, const RowSet& rows,
                            const PerGroup<double>& factors, Precision precision, std::span<double> gradient,
                            ThreadPool& pool) {
  check_parameters(siren, parameters);
  check_parameters(siren, gradient);
  if (precision == Precision::float32) {
    return LossGradient<float>(siren, parameters, rows).gradient(factors, gradient, pool);
  }
  return LossGradient<double>(siren, parameters, rows).gradient(factors, gradient, pool);
}

}  // namespace nbm
