#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "nbm/core/aligned_buffer.hpp"
#include "nbm/network/held_weights.hpp"
#include "nbm/training/loss.hpp"
#include "network/prepared_network.hpp"
#include "training/jacobian_kernels.hpp"
#include "training/row_tasks.hpp"

namespace nbm {

// The Jacobian of a row set, its rows weighted by sqrt(factors[g]), in panels: memory does not grow with the batch.
// Columns are the padded unknowns of one network after the other (trained parameters); those of the padding are zero.
class JacobianPanels {
 public:
  JacobianPanels(const Siren& siren, std::span<const double> parameters, const RowSet& rows, ThreadPool& pool);

  // Columns of networks with consecutive numbers: `columns` from `to` on of the Jacobian, which a panel has from `from`
  // on.
  struct Block {
    index_t to, from, columns;
  };
  // Rows of one set, with the columns of those networks alone that they touch, in increasing number.
  struct Panel {
    index_t rows;
    std::vector<Block> blocks;
    const double* jacobian;  // [rows][stride]
    index_t stride;
    const double* residuals;
  };
  // use(panel) for all rows in a fixed order; returns the unweighted sums.
  GroupSums for_each(const PerGroup<double>& factors, const std::function<void(const Panel&)>& use);

 private:
  Panel fill(const RowTask& rows, double scale);
  void clear_held(index_t rows);
  std::vector<std::size_t> networks_of(const RowTask& task) const;
  std::vector<Block> blocks_of(const std::vector<std::size_t>& networks) const;
  void fill_rows(const RowTask& task, const std::vector<std::size_t>& networks, index_t at, double scale);

  const RowSet& rows_;
  ThreadPool& pool_;
  index_t count_;     // parameters of one network
  index_t unknowns_;  // those that are trained, padded
  index_t first_;     // of them among the parameters
  index_t padded_;    // columns of one network in a panel
  HeldWeights held_;  // among the padded parameters
  index_t stride_;
  std::vector<std::unique_ptr<PreparedNetwork<double>>> networks_;
  std::vector<SirenView<double>> views_;
  AlignedBuffer<double> jacobian_;   // [most rows][stride_]
  AlignedBuffer<double> residuals_;  // [most rows]
};

}  // namespace nbm
