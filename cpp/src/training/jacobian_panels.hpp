#pragma once
#include <array>
#include <functional>
#include <memory>

#include "nbm/core/aligned_buffer.hpp"
#include "nbm/training/loss.hpp"
#include "network/prepared_network.hpp"
#include "training/jacobian_kernels.hpp"
#include "training/row_tasks.hpp"

namespace nbm {

// The Jacobian of a row set, its rows weighted by sqrt(factors[g]), in panels: memory does not grow with the batch.
// Columns are the padded parameters of the minus network, then of the plus network; those of the padding are zero.
class JacobianPanels {
 public:
  JacobianPanels(const Siren& siren, std::span<const double> parameters, const RowSet& rows, ThreadPool& pool);

  // Rows of one set. Those of one network have that network's columns alone, from first_column on.
  struct Panel {
    index_t rows, first_column, columns;
    const double* jacobian;  // [rows][stride], from first_column on
    index_t stride;
    const double* residuals;
  };
  // use(panel) for all rows in a fixed order; returns the unweighted sums.
  GroupSums for_each(const PerGroup<double>& factors, const std::function<void(const Panel&)>& use);

 private:
  Panel fill(const RowTask& rows, double scale);
  int only_side(const RowTask& task) const;
  void fill_rows(const RowTask& task, index_t at, double scale);

  const RowSet& rows_;
  ThreadPool& pool_;
  index_t count_, padded_;
  std::array<std::unique_ptr<PreparedNetwork<double>>, kSides> networks_;
  std::array<SirenView<double>, kSides> views_;
  AlignedBuffer<double> jacobian_;   // [most rows][2 padded_]
  AlignedBuffer<double> residuals_;  // [most rows]
};

}  // namespace nbm
