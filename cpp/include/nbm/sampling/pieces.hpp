#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "nbm/core/types.hpp"

namespace nbm {

// A connected part of one side.
struct Piece {
  Side side = Side::plus;
  double volume = 0.0;  // in cells of the search grid, about
};

// Pieces of the two sides, by flood fill over the nodes of the search grid (docs/method.md, section 10).
struct NBM_EXPORT PieceMap {
  std::array<std::int64_t, kDim> cells{};  // of the search grid, along each axis
  std::vector<Piece> pieces;
  std::vector<std::int32_t> of_node;  // [cells x + 1][cells y + 1][cells z + 1]
  // The piece that lies in a cell between its nodes, too small for any of them to lie in it; negative: none.
  std::vector<std::int32_t> hidden;  // [cells x][cells y][cells z]; empty: none anywhere

  std::int64_t node(std::int64_t i, std::int64_t j, std::int64_t k) const {
    return (i * (cells[1] + 1) + j) * (cells[2] + 1) + k;
  }
  std::int64_t cell(std::int64_t i, std::int64_t j, std::int64_t k) const { return (i * cells[1] + j) * cells[2] + k; }
  // The piece at corner (i, j, k) in {0, 1}^3, at index 4i + 2j + k, of a cell.
  std::int32_t at_corner(const std::array<std::int64_t, kDim>& cell, int corner) const {
    const std::int64_t i = cell[0] + (corner >> 2 & 1), j = cell[1] + (corner >> 1 & 1), k = cell[2] + (corner & 1);
    return of_node[static_cast<std::size_t>(node(i, j, k))];
  }
};

}  // namespace nbm
