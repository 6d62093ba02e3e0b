#pragma once
#include <array>
#include <span>
#include <vector>

#include "irregular_block.hpp"
#include "lattice.hpp"
#include "nbm/rows/grid_system.hpp"

namespace nbm {

// The data that a known part leaves in the rows of a grid: KnownPart, integrated.
class KnownBalances {
 public:
  // level_set at the nodes, corners at node + (1/2, 1/2, 1/2); both borrowed.
  KnownBalances(const Box& box, const Field& level_set, const KnownPart& known, const LatticeView& nodes,
                const LatticeView& corners, ThreadPool& pool);

  // Of the regular cell around a node, per volume.
  double regular(Vec3<index_t> node) const;
  // Of the cells in a block, around `nodes`.
  void irregular(const IrregularBlock& block, std::span<const Vec3<index_t>> nodes, std::span<double> balance) const;

 private:
  Vec3<double> place(Vec3<index_t> node) const;
  int side_of_face(Vec3<index_t> node, int axis) const;
  void evaluate_sources(ThreadPool& pool);
  void evaluate_fluxes(int axis, ThreadPool& pool);
  void flux_along(Side side, int axis, PointsView points, std::span<double> out) const;
  double flux_through(Vec3<index_t> node, int face) const;

  const Box& box_;
  const Field& level_set_;
  const KnownPart& known_;
  LatticeView nodes_, corners_;
  Vec3<index_t> cells_;
  Vec3<double> h_;
  std::vector<double> source_;                    // at the nodes, each on its own side
  std::array<std::vector<double>, kDim> fluxes_;  // means over the whole faces above the nodes
};

}  // namespace nbm
