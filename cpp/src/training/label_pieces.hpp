#pragma once
#include <array>
#include <vector>

#include "nbm/core/thread_pool.hpp"
#include "nbm/network/expansion.hpp"
#include "nbm/problem/problem.hpp"

namespace nbm {

// The connected pieces of both sides, found at the nodes of a grid.
struct LabelledPieces {
  struct Piece {
    Side side;
    Vec3<double> lower, upper;  // of its nodes, one spacing wider, within the box
    double volume = 0.0;        // share of the box
    bool at_wall = false;
    bool hidden = false;  // between the nodes, none of which lies in it
  };
  PieceLabels labels;
  std::vector<Piece> pieces;
  std::vector<std::int16_t> of_node;  // the piece that each node of the labels' grid lies in
};

constexpr int kLabelCells = 96;  // along the longest edge

// Two neighbouring nodes of one side belong together unless the interface passes between them: where the level set is
// small against its slope, it is looked at between the nodes too. `surface` are points of the interface: where a
// connected set of the cells they lie in has no node of a side around, that side has a piece there.
// cells: of the grid, along the longest edge. through_walls: axes along which pieces go on at the opposite wall.
LabelledPieces label_pieces(const Problem& problem, const Points& surface, ThreadPool& pool, int cells = kLabelCells,
                            const std::array<bool, kDim>& through_walls = {});

}  // namespace nbm
