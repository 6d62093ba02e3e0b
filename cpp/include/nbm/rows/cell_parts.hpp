#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "nbm/core/points.hpp"
#include "nbm/problem/problem.hpp"

namespace nbm {

// Everything that goes into irregular rows, for research and tests; the orders of corners, faces and neighbours are
// those of docs/conventions.md. Box units; n cells.
struct CellParts {
  std::vector<double> corner_level_set;                   // [n][8]
  std::array<std::vector<double>, kSides> volume;         // [n] a side
  std::array<std::vector<double>, kSides> face_area;      // [n][6] a side
  std::array<std::vector<double>, kSides> face_centroid;  // [n][6][3] a side, NaN where the part is empty
  std::vector<double> interface_area;                     // [n]
  std::vector<double> interface_vector;                   // [n][3], the integral of the normal
  std::vector<double> flux_jump_integral;                 // [n]
  std::vector<std::uint8_t> center_side;                  // [n]
  std::vector<double> center_ghost_weights;               // [n][27], the other side's value at the centre
  std::vector<double> center_ghost_constant;              // [n]
  std::vector<double> weights;                            // [n][125], not divided by the diagonal
  std::vector<double> rhs;                                // [n]
  std::vector<double> diagonal;                           // [n]
};

// The parts of the cells of size h around points. Throws InvalidField as assemble_irregular does.
NBM_EXPORT CellParts cell_parts(const Problem& problem, PointsView points, Vec3<double> h);

}  // namespace nbm
