#include <algorithm>

#include "law_rows.hpp"
#include "nbm/rows/assemble.hpp"

namespace nbm {
namespace {

constexpr std::size_t kTypicalEntries = 32;  // of a row, a side

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Appends the row of one cell: the nodes of nonzero weight, to the side each lies on.
class StencilWriter {
 public:
  StencilWriter(StencilRows& rows, const Box& box, Vec3<double> h, index_t cells)
      : rows_(rows), box_(box), step_(box.normalize_lengths(h)) {
    rows_.clear();
    rows_.rhs.reserve(at(cells));
    for (auto& begin : rows_.begin) begin.reserve(at(cells) + 1);
    for (std::size_t side = 0; side < kSides; ++side) {
      for (auto& axis : rows_.x[side]) axis.reserve(at(cells) * kTypicalEntries);
      rows_.weight[side].reserve(at(cells) * kTypicalEntries);
    }
  }

  void append(const IrregularCell& cell) {
    const Vec3<double> center = box_.normalize(cell.x);
    visit_cube(kCubeReach, [&](Vec3<int> o) {
      if (touches(cell.row, cube_index(o.x, o.y, o.z))) keep(stencil_entry(cell, o, center, step_));
    });
    end_row(stencil_rhs(cell.row));
  }

  void append(const IrregularCell& cell, const LawRow& row, const LatticeNode& at_cell) {
    const Vec3<double> center = box_.normalize(cell.x);
    visit_cube(kLawReach, [&](Vec3<int> o) {
      const double weight = row.weight[LawRow::index(o)];
      if (weight == 0.0) return;
      const Side side = side_of(at_cell.level_set[at_cell.node + Vec3<index_t>{o.x, o.y, o.z}]);
      keep({side, node_position(center, step_, o), weight / row.diagonal});
    });
    end_row(row.rhs / row.diagonal);
  }

 private:
  template <class Visit>
  static void visit_cube(int reach, Visit&& visit) {
    for (int i = -reach; i <= reach; ++i) {
      for (int j = -reach; j <= reach; ++j) {
        for (int k = -reach; k <= reach; ++k) visit(Vec3<int>{i, j, k});
      }
    }
  }

  void keep(const StencilEntry& entry) {
    const std::size_t s = at(index_of(entry.side)), n = count_[s]++;
    x_[s][0][n] = entry.x.x;
    x_[s][1][n] = entry.x.y;
    x_[s][2][n] = entry.x.z;
    weight_[s][n] = entry.weight;
  }

  void end_row(double rhs) {
    for (std::size_t side = 0; side < kSides; ++side) {
      const std::size_t n = count_[side];
      for (std::size_t axis = 0; axis < kDim; ++axis) {
        rows_.x[side][axis].insert(rows_.x[side][axis].end(), x_[side][axis], x_[side][axis] + n);
      }
      rows_.weight[side].insert(rows_.weight[side].end(), weight_[side], weight_[side] + n);
      rows_.begin[side].push_back(static_cast<index_t>(rows_.weight[side].size()));
    }
    rows_.rhs.push_back(rhs);
    count_ = {};
  }

  StencilRows& rows_;
  const Box& box_;
  Vec3<double> step_;
  std::array<std::size_t, kSides> count_{};
  double x_[kSides][kDim][kLawNodes], weight_[kSides][kLawNodes];
};

// The rows of a block where the interface has laws: each cell has a lattice of its own.
class LawBlock {
 public:
  LawBlock(const Problem& problem, Vec3<double> h)
      : problem_(problem),
        h_(h),
        rows_(problem, h, 1.0),
        nodes_(IrregularBlock::kCapacity * kLawNodes),
        phi_(at(IrregularBlock::kCapacity * kLawNodes)) {}

  void append(const IrregularBlock& block, StencilWriter& writer) {
    find_level_set(block);
    rows_.sample(block);
    LawRow row;
    for (index_t c = 0; c < block.size(); ++c) {
      rows_.row(block, c, lattices_[at(c)], row);
      writer.append(block[c], row, lattices_[at(c)]);
    }
  }

 private:
  void find_level_set(const IrregularBlock& block) {
    lattices_.clear();
    index_t values = 0;
    for (index_t c = 0; c < block.size(); ++c) {
      const Vec3<double> x = block[c].x;
      const Vec3<index_t> below = reach_from(x - problem_.box.lower), above = reach_from(problem_.box.upper - x);
      const LatticeView lattice = {below + above + Vec3<index_t>{1, 1, 1}, phi_.data() + values};
      lattices_.push_back({lattice, below});
      for (index_t n = 0; n < lattice.shape.x * lattice.shape.y * lattice.shape.z; ++n) {
        const Vec3<index_t> o = lattice.position(n) - below;
        const Vec3<int> offset = {static_cast<int>(o.x), static_cast<int>(o.y), static_cast<int>(o.z)};
        nodes_.set(values++, node_position(x, h_, offset));
      }
    }
    evaluate_finite(problem_.level_set, "level_set", nodes_.view().slice(0, values), std::span(phi_).first(at(values)));
  }

  // So many nodes as other irregular rows have, and those beyond that are in the box, as on a grid; along periodic axes
  // the fields go on.
  Vec3<index_t> reach_from(Vec3<double> to_wall) const {
    Vec3<index_t> reach;
    for (int axis = 0; axis < kDim; ++axis) {
      const bool room = problem_.periods[at(axis)].periodic || to_wall[axis] >= (kLawReach - kOnWall) * h_[axis];
      reach[axis] = room ? kLawReach : kCubeReach;
    }
    return reach;
  }

  static constexpr double kOnWall = 1e-9;  // cells

  const Problem& problem_;
  Vec3<double> h_;
  LawRows rows_;
  Points nodes_;
  std::vector<double> phi_;
  std::vector<LatticeNode> lattices_;  // of the cells
};

}  // namespace

StencilRows assemble_irregular(const Problem& problem, PointsView points, Vec3<double> h) {
  StencilRows rows;
  StencilWriter writer(rows, problem.box, h, points.size);
  IrregularBlock block(problem, h);
  std::optional<LawBlock> laws;
  if (problem.has_interface_law()) laws.emplace(problem, h);
  for (index_t first = 0; first < points.size; first += IrregularBlock::kCapacity) {
    block.place(points.slice(first, std::min(IrregularBlock::kCapacity, points.size - first)));
    block.assemble();
    if (laws) {
      laws->append(block, writer);
    } else {
      for (index_t i = 0; i < block.size(); ++i) writer.append(block[i]);
    }
  }
  return rows;
}

}  // namespace nbm
