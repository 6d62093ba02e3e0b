#pragma once
#include <array>
#include <optional>
#include <vector>

#include "irregular_block.hpp"
#include "lattice.hpp"
#include "law_ghost.hpp"

namespace nbm {

constexpr int kLawReach = kCubeReach + 1;
constexpr int kLawEdge = 2 * kLawReach + 1;
constexpr int kLawNodes = kLawEdge * kLawEdge * kLawEdge;

// residual = (sum over the 7 x 7 x 7 cube of weight u - rhs) / diagonal, each node carrying the value of its own side.
struct LawRow {
  std::array<double, static_cast<std::size_t>(kLawNodes)> weight;
  double rhs, diagonal;

  static constexpr std::size_t index(Vec3<int> o) {
    return static_cast<std::size_t>(((o.x + kLawReach) * kLawEdge + o.y + kLawReach) * kLawEdge + o.z + kLawReach);
  }
  void add(const CubeForm& form, Vec3<int> center, double factor);
};

// A node and the lattice that it is of, with the level set: of a grid, or around one cell.
struct LatticeNode {
  LatticeView level_set;
  Vec3<index_t> node;
};

// The sides of the nodes of a lattice around one of them.
SidesAround sides_around(const LatticeNode& at);

// Rows of the cells of a block, where the problem has an interface law.
class LawRows {
 public:
  // least_separation: of ghosts (LawGhost); 0 for all cells of a grid, whose errors cancel between neighbours, 1 for
  // cells that stand alone, whose own errors must be of second order.
  LawRows(const Problem& problem, Vec3<double> h, double least_separation)
      : problem_(problem), h_(h), least_separation_(least_separation) {}

  // Evaluates the law for all cells of a block whose own rows are there.
  void sample(const IrregularBlock& block);
  // The row of cell number c of that block, which is the node's.
  void row(const IrregularBlock& block, index_t c, const LatticeNode& node, LawRow& out) const;

 private:
  struct Samples {
    double resistance[kStarNodes], reaction[kStarNodes];  // at the feet of ghosts
    double patch_reaction[kTetrahedra];
  };
  using Ghosts = std::array<std::optional<LawGhost>, kStarNodes>;

  LawGhost ghost(const IrregularCell& cell, const Samples& samples, LatticeNode node, int star_node) const;
  void add_tilt(const IrregularCell& cell, Vec3<double> center, const LawGhost& ghost, LawRow& out) const;
  void add_fluxes(const IrregularCell& cell, unsigned walls, const Ghosts& ghosts, StarCoefficients& star,
                  LawRow& out) const;

  const Problem& problem_;
  Vec3<double> h_;
  double least_separation_;
  std::vector<Samples> samples_;
};

}  // namespace nbm
