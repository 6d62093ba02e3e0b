#pragma once
#include "nbm/network/basis_point.hpp"

// Expansion as pointers, on host and device.
namespace nbm {

struct PieceView {
  BasisView basis;
  const double* coefficients;
};

struct ExpansionView {
  Vec3<double> lower, upper;  // of the box
  double unit;
  Vec3<index_t> cells;                // of the grid of labels over the box
  const std::int16_t* label[kSides];  // as in PieceLabels; null: `only` is the piece everywhere
  std::int16_t only[kSides];
  const PieceView* pieces;
};

NBM_HD Vec3<double> to_expansion(const ExpansionView& expansion, Vec3<double> point) {
  return (1.0 / expansion.unit) * (point - 0.5 * (expansion.lower + expansion.upper));
}

// The piece of a side at the node of the labels next to a point in box coordinates; -1: the side has none. Halfway
// between nodes it is the lower one, however the arithmetic rounds; NaN finds the first node.
NBM_HD index_t piece_at(const ExpansionView& expansion, int side, Vec3<double> point) {
  constexpr double half = 0.5 - 1e-9;
  if (expansion.label[side] == nullptr) return expansion.only[side];
  index_t node = 0;
  for (int axis = 0; axis < kDim; ++axis) {
    const index_t cells = expansion.cells[axis];
    const auto last = static_cast<double>(cells);
    const double place = (point[axis] - expansion.lower[axis]) / (expansion.upper[axis] - expansion.lower[axis]) * last;
    const double inside = place > 0.0 ? (place < last ? place : last) : 0.0;
    node = node * (cells + 1) + static_cast<index_t>(inside + half);
  }
  return expansion.label[side][node];
}

}  // namespace nbm
