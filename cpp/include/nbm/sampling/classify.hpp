#pragma once
#include <cstdint>
#include <span>

#include "nbm/core/points.hpp"
#include "nbm/problem/field.hpp"

// Which cells the interface concerns (docs/method.md, section 4).
namespace nbm {

enum class CellKind : std::uint8_t { regular_minus = 0, regular_plus = 1, irregular = 2 };

constexpr int kCellCorners = 8;  // (i, j, k) in {0, 1}^3 at index 4i + 2j + k
constexpr int kStarNodes = 7;    // the centre, then the neighbours -x, +x, -y, +y, -z, +z

NBM_HD constexpr Side side_of(double phi) { return phi < 0.0 ? Side::minus : Side::plus; }

// The level set at a corner, kept away from zero: 1e-12 h is far below any length that matters, and an interface
// through a corner would divide by zero.
NBM_HD double corner_level_set(double phi, double smallest_h) {
  const double least = 1e-12 * smallest_h;
  return phi < least && phi > -least ? least : phi;
}

constexpr int kClassifyPositions = kCellCorners + kStarNodes;

// The kind of a cell with that many of its 15 values negative; corners as corner_level_set gives them.
NBM_HD CellKind kind_of_count(int minus) {
  return minus == 0 ? CellKind::regular_plus
                    : (minus == kClassifyPositions ? CellKind::regular_minus : CellKind::irregular);
}

NBM_HD CellKind classify_cell(const double corner[kCellCorners], const double center_and_neighbors[kStarNodes]) {
  int minus = 0;
  for (int i = 0; i < kCellCorners; ++i) minus += corner[i] < 0.0;
  for (int i = 0; i < kStarNodes; ++i) minus += center_and_neighbors[i] < 0.0;
  return kind_of_count(minus);
}

NBM_HD bool is_irregular(const double corner[kCellCorners], const double center_and_neighbors[kStarNodes]) {
  return classify_cell(corner, center_and_neighbors) == CellKind::irregular;
}

// The 15 positions of a cell in the order of the two arrays above: corners, then centre and neighbours.
NBM_HD Vec3<double> classify_position(Vec3<double> x, Vec3<double> h, int position) {
  if (position < kCellCorners) {
    const int i = position >> 2 & 1, j = position >> 1 & 1, k = position & 1;
    return {x.x + (i - 0.5) * h.x, x.y + (j - 0.5) * h.y, x.z + (k - 0.5) * h.z};
  }
  if (position > kCellCorners) {
    const int face = position - kCellCorners - 1, axis = face >> 1;
    x[axis] += (face & 1 ? 1.0 : -1.0) * h[axis];
  }
  return x;
}

// kind[i] = the CellKind of the cell of size h around points i, as its number. Throws InvalidField where the level
// set is not finite. Safe from several threads at once.
NBM_EXPORT void classify(const Field& level_set, PointsView points, Vec3<double> h, std::span<std::uint8_t> kind);

}  // namespace nbm
