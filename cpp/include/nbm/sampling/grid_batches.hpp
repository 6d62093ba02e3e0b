#pragma once
#include <cstdint>

#include "nbm/sampling/permutation.hpp"
#include "nbm/sampling/sampler.hpp"

namespace nbm {

// Paper mode of docs/method.md, section 10: the nodes of a uniform grid of the box, faces included, in another random
// order each epoch, cut into batches. Memory depends on the batch, not on the grid.
// Nodes on the faces are boundary points. Of the others the irregular ones are kept if x +- 2h lies in the box, the
// regular ones if x +- h/2 does.
class NBM_EXPORT GridBatches {
 public:
  // nodes: along each axis. Throws InvalidArgument unless 2 <= nodes <= 2^20 and batch >= 1.
  GridBatches(const Problem& problem, index_t nodes, std::uint64_t seed, index_t batch = 16384);

  index_t node_count() const { return nodes_ * nodes_ * nodes_; }
  index_t batches_per_epoch() const { return (node_count() + batch_ - 1) / batch_; }
  Vec3<double> node(index_t number) const;

  // The share of `rank` in a batch of an epoch, 0 <= batch < batches_per_epoch().
  SampleSet draw(index_t epoch, index_t batch, Vec3<double> cell_size, ThreadPool& pool, int rank = 0,
                 int ranks = 1) const;

 private:
  SampleSet part(const Permutation& order, IndexRange positions, Vec3<double> cell_size) const;

  Box box_;
  std::array<bool, kDim> periodic_;
  Field level_set_;
  index_t nodes_;
  index_t batch_;
  std::uint64_t seed_;
};

}  // namespace nbm
