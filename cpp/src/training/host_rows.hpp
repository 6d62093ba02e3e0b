#pragma once
#include <optional>

#include "nbm/core/thread_pool.hpp"
#include "nbm/sampling/grid_batches.hpp"
#include "nbm/training/options.hpp"

namespace nbm {

// Makes the rows of a draw on the CPU: samples this rank's share of the points and assembles their rows.
class NBM_EXPORT HostRowMaker {
 public:
  // The pool must outlive this.
  HostRowMaker(const Problem& problem, const TrainingOptions& options, int rank, int ranks, ThreadPool& pool);

  // As TrainingBackend::assemble, into `rows`.
  void assemble(index_t draw, Vec3<double> cell_size, RowSet& rows) const;

 private:
  void assemble_rows(const SampleSet& samples, Vec3<double> cell_size, RowSet& rows) const;
  void assemble_jump_rows(index_t draw, Vec3<double> cell_size, RowSet& rows) const;

  Problem problem_;
  Discretization discretization_;
  index_t interface_points_;  // of a draw, for the jump rows
  int rank_, ranks_;
  ThreadPool& pool_;
  std::optional<Sampler> sampler_;
  std::optional<GridBatches> grid_;
};

}  // namespace nbm
