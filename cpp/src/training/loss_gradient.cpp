#include <memory>

#include "nbm/core/aligned_buffer.hpp"
#include "nbm/core/error.hpp"
#include "nbm/training/loss.hpp"
#include "network/prepared_network.hpp"
#include "training/row_views.hpp"

namespace nbm {
namespace {

// Rows in a task: long enough that the gradient's final sums do not show, short enough to share the work.
constexpr index_t kDifferenceGrain = 1024, kValueGrain = 1024, kStencilGrain = 64;

// A piece of one group's rows. Its result has a place of its own, so that sums are made in the order of the tasks.
struct Task {
  RowGroup group;
  int side;  // of one-sided rows
  index_t begin, end;
};

void add_tasks(std::vector<Task>& tasks, RowGroup group, int side, index_t rows, index_t grain) {
  const auto cut = TaskPartition::of(rows, grain);
  for (index_t t = 0; t < cut.tasks; ++t) tasks.push_back({group, side, cut.begin(t), cut.end(t)});
}

std::vector<Task> make_tasks(const RowSet& rows) {
  std::vector<Task> tasks;
  // The long tasks first: the team then ends together.
  add_tasks(tasks, RowGroup::irregular, 0, rows.irregular.size(), kStencilGrain);
  for (int s = 0; s < kSides; ++s) {
    const auto side = static_cast<std::size_t>(s);
    add_tasks(tasks, RowGroup::regular, s, rows.regular[side].size(), kDifferenceGrain);
    add_tasks(tasks, RowGroup::boundary, s, rows.boundary[side].size(), kValueGrain);
  }
  return tasks;
}

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
        tasks_(make_tasks(rows)),
        gradients_(tasks_.size() * static_cast<std::size_t>(2 * count_), 0.0),
        squares_(tasks_.size(), 0.0) {
    for (std::size_t s = 0; s < kSides; ++s) {
      const auto own = parameters.subspan(s * static_cast<std::size_t>(count_), static_cast<std::size_t>(count_));
      networks_[s] = std::make_unique<PreparedNetwork<S>>(siren, own, rows.regular[s].step);
      stencil_networks_[s] = std::make_unique<PreparedNetwork<double>>(siren, own);
      stencil_views_[s] = stencil_networks_[s]->view();
    }
  }

  GroupSums run(const PerGroup<double>& factors, std::span<double> gradient, ThreadPool& pool) {
    pool.run(static_cast<index_t>(tasks_.size()), [this](index_t t) { run_task(static_cast<std::size_t>(t)); });
    GroupSums sums;
    sums.rows = row_counts(rows_);
    for (std::size_t t = 0; t < tasks_.size(); ++t) {
      const auto g = static_cast<std::size_t>(tasks_[t].group);
      sums.squares[g] += squares_[t];
      const double* part = gradients_.data() + t * static_cast<std::size_t>(2 * count_);
      for (std::size_t p = 0; p < gradient.size(); ++p) gradient[p] += factors[g] * part[p];
    }
    return sums;
  }

 private:
  void run_task(std::size_t t) {
    const Task& task = tasks_[t];
    const auto side = static_cast<std::size_t>(task.side);
    double* both = gradients_.data() + t * static_cast<std::size_t>(2 * count_);
    double* own = both + task.side * count_;
    const TrainingKernels<S>& kernels = kernels_for<S>(training_kernels());
    const SirenView<S>& net = networks_[side]->view();
    switch (task.group) {
      case RowGroup::regular: {
        AlignedBuffer<S> memory(kernels.pack_size * difference_rows_workspace(net));
        squares_[t] =
            kernels.difference_rows(net, view_of(rows_.regular[side]), task.begin, task.end, own, memory.data());
        break;
      }
      case RowGroup::boundary: {
        AlignedBuffer<S> memory(kernels.pack_size * value_rows_workspace(net));
        squares_[t] = kernels.value_rows(net, view_of(rows_.boundary[side]), task.begin, task.end, own, memory.data());
        break;
      }
      case RowGroup::irregular: {
        const TrainingKernels<double>& twice = kernels_for<double>(training_kernels());
        AlignedBuffer<double> memory(twice.pack_size *
                                     stencil_rows_workspace(stencil_views_[0], most_entries_, twice.pack_size));
        double* const gradients[kSides] = {both, both + count_};
        squares_[t] = twice.stencil_rows(stencil_views_.data(), view_of(rows_.irregular), task.begin, task.end,
                                         most_entries_, gradients, memory.data());
        break;
      }
    }
  }

  const RowSet& rows_;
  index_t count_;
  index_t most_entries_;
  std::vector<Task> tasks_;
  std::vector<double> gradients_;  // [task][2 * count_]
  std::vector<double> squares_;    // [task]
  std::array<std::unique_ptr<PreparedNetwork<S>>, kSides> networks_;
  std::array<std::unique_ptr<PreparedNetwork<double>>, kSides> stencil_networks_;
  std::array<SirenView<double>, kSides> stencil_views_;
};

}  // namespace

GroupSums add_loss_gradient(const Siren& siren, std::span<const double> parameters, const RowSet& rows,
                            const PerGroup<double>& factors, Precision precision, std::span<double> gradient,
                            ThreadPool& pool) {
  const auto expected = static_cast<std::size_t>(2 * siren.parameter_count());
  if (parameters.size() != expected || gradient.size() != expected) {
    throw InvalidArgument("parameters", "two networks of this shape have " + std::to_string(expected) +
                                            " parameters; got " + std::to_string(parameters.size()) +
                                            " and a gradient of " + std::to_string(gradient.size()));
  }
  if (precision == Precision::float32) return LossGradient<float>(siren, parameters, rows).run(factors, gradient, pool);
  return LossGradient<double>(siren, parameters, rows).run(factors, gradient, pool);
}

}  // namespace nbm
