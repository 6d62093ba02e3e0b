#pragma once
#include <optional>

#include "nbm/core/thread_pool.hpp"
#include "nbm/sampling/grid_batches.hpp"
#include "nbm/training/options.hpp"

namespace nbm {

// The observations of a training, each with the number of its group.
NBM_EXPORT std::vector<ObservationRows> observation_rows(const Problem& problem, const TrainingOptions& options);

// Makes the rows of a draw on the CPU: samples this rank's share of the points and assembles their rows.
class NBM_EXPORT HostRowMaker {
 public:
  // The pool must outlive this.
  HostRowMaker(const Problem& problem, const TrainingOptions& options, int rank, int ranks, ThreadPool& pool);

  // As TrainingBackend::use_groups.
  void use_groups(const PerGroup<bool>& used) { used_ = used; }
  // As TrainingBackend::assemble, into `rows`.
  void assemble(index_t draw, Vec3<double> cell_size, RowSet& rows) const;

 private:
  bool uses_points() const;
  void assemble_points(index_t draw, Vec3<double> cell_size, RowSet& rows) const;
  void assemble_boundary_rows(Side side, const Points& points, Vec3<double> cell_size, RowSet& rows) const;
  void assemble_rows(SampleSet samples, Vec3<double> cell_size, RowSet& rows) const;
  void assemble_jump_rows(index_t draw, Vec3<double> cell_size, RowSet& rows) const;

  Problem problem_;
  Discretization discretization_;
  index_t interface_points_;  // of a draw, for the jump rows
  ValueScale values_;
  NetworkMap network_map_;
  int rank_, ranks_;
  ThreadPool& pool_;
  PerGroup<bool> used_;
  std::vector<ObservationRows> observations_;
  std::optional<Sampler> sampler_;
  std::optional<GridBatches> grid_;
};

}  // namespace nbm
