#include <algorithm>
#include <cmath>
#include <memory>

#include "nbm/core/aligned_buffer.hpp"
#include "nbm/core/error.hpp"
#include "nbm/training/loss.hpp"
#include "network/prepared_network.hpp"
#include "training/damped_solver.hpp"
#include "training/jacobian_kernels.hpp"
#include "training/row_tasks.hpp"
#include "training/row_views.hpp"

namespace nbm {
namespace {

// The Jacobian is made and used in panels of at most this many rows, so that memory does not grow with the batch.
constexpr index_t kPanelRows = 512;
constexpr index_t kRowsInTask = 32;  // of a panel
constexpr TaskGrains kPanels = {.one_sided = kPanelRows, .jumps = kPanelRows, .irregular = kPanelRows};

class NormalEquations {
 public:
  NormalEquations(const Siren& siren, std::span<const double> parameters, const RowSet& rows, ThreadPool& pool)
      : rows_(rows), pool_(pool), count_(siren.parameter_count()), stride_(padded_parameters(siren)) {
    for (std::size_t s = 0; s < kSides; ++s) {
      const auto own = parameters.subspan(s * static_cast<std::size_t>(count_), static_cast<std::size_t>(count_));
      networks_[s] = std::make_unique<PreparedNetwork<double>>(siren, own, difference_step(rows));
      views_[s] = networks_[s]->view();
    }
    const index_t columns = 2 * stride_;
    std::fill_n(jacobian_.reserve(kPanelRows * columns), kPanelRows * columns, 0.0);
    residuals_.reserve(kPanelRows);
  }

  GroupSums run(const PerGroup<double>& factors, double* matrix, double* vector) {
    GroupSums sums;
    sums.rows = row_counts(rows_);
    for (const RowTask& rows : make_tasks(rows_, kPanels)) {
      for (index_t begin = rows.begin; begin < rows.end; begin += kPanelRows) {
        add_panel({rows.group, rows.side, begin, std::min(rows.end, begin + kPanelRows)}, factors, sums, matrix,
                  vector);
      }
    }
    return sums;
  }

 private:
  static bool is_one_sided(RowGroup group) { return group == RowGroup::regular || group == RowGroup::boundary; }

  void add_panel(const RowTask& panel, const PerGroup<double>& factors, GroupSums& sums, double* matrix,
                 double* vector) {
    const auto group = static_cast<std::size_t>(panel.group);
    const double scale = std::sqrt(factors[group]);
    const index_t n = 2 * stride_, rows = panel.end - panel.begin;
    pool_.run((rows + kRowsInTask - 1) / kRowsInTask, [&](index_t t) {
      const index_t begin = panel.begin + t * kRowsInTask;
      fill_rows({panel.group, panel.side, begin, std::min(panel.end, begin + kRowsInTask)}, t * kRowsInTask, scale);
    });
    double squares = 0;
    for (index_t i = 0; i < rows; ++i) squares += residuals_.data()[i] * residuals_.data()[i];
    sums.squares[group] += scale > 0 ? squares / factors[group] : 0.0;

    const index_t columns = is_one_sided(panel.group) ? stride_ : n;
    const index_t corner = is_one_sided(panel.group) ? panel.side * stride_ : 0;
    add_gram_matrix(1.0, jacobian_.data(), n, rows, matrix + corner * n + corner, n, columns, pool_);
    add_product(residuals_.data(), 1, jacobian_.data(), n, rows, vector + corner, n, 1, columns, pool_);
  }

  // Rows [task.begin, task.end) into the panel from row `at` on. One-sided rows use the first columns of the panel.
  void fill_rows(const RowTask& task, index_t at, double scale) {
    const JacobianKernels& kernels = jacobian_kernels();
    AlignedBuffer<double> memory(kernels.pack_size * jacobian_workspace(views_[0]));
    const index_t n = 2 * stride_;
    const JacobianTarget target{jacobian_.data() + at * n, n, stride_, residuals_.data() + at, scale};
    const auto side = static_cast<std::size_t>(task.side);
    switch (task.group) {
      case RowGroup::regular:
        kernels.difference_rows(views_[side], view_of(rows_.regular[side]), task.begin, task.end, target,
                                memory.data());
        break;
      case RowGroup::boundary:
        kernels.value_rows(views_[side], view_of(rows_.boundary[side]), task.begin, task.end, target, memory.data());
        break;
      case RowGroup::irregular:
        kernels.stencil_rows(views_.data(), view_of(rows_.irregular), task.begin, task.end, target, memory.data());
        break;
      case RowGroup::value_jump:
        kernels.jump_rows(views_.data(), view_of(rows_.value_jump), task.begin, task.end, target, memory.data());
        break;
      case RowGroup::flux_jump:
        kernels.jump_rows(views_.data(), view_of(rows_.flux_jump), task.begin, task.end, target, memory.data());
        break;
    }
  }

  const RowSet& rows_;
  ThreadPool& pool_;
  index_t count_, stride_;
  std::array<std::unique_ptr<PreparedNetwork<double>>, kSides> networks_;
  std::array<SirenView<double>, kSides> views_;
  AlignedBuffer<double> jacobian_;   // [kPanelRows][2 * stride_]
  AlignedBuffer<double> residuals_;  // [kPanelRows]
};

}  // namespace

index_t padded_parameters(const Siren& siren) { return (siren.parameter_count() + 7) / 8 * 8; }

GroupSums add_normal_equations(const Siren& siren, std::span<const double> parameters, const RowSet& rows,
                               const PerGroup<double>& factors, std::span<double> matrix, std::span<double> vector,
                               ThreadPool& pool) {
  check_parameters(siren, parameters);
  const auto n = static_cast<std::size_t>(2 * padded_parameters(siren));
  if (vector.size() != n || matrix.size() != n * n) {
    throw InvalidArgument("matrix", "the normal equations of these networks have " + std::to_string(n) +
                                        " unknowns (padded), got " + std::to_string(vector.size()));
  }
  return NormalEquations(siren, parameters, rows, pool).run(factors, matrix.data(), vector.data());
}

}  // namespace nbm
