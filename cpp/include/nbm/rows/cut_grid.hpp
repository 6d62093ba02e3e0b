#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "nbm/core/types.hpp"
#include "nbm/problem/box.hpp"

namespace nbm {

// A box as a level set cuts it: simplices to integrate over (docs/method.md, sections 6 and 16). Box coordinates.
struct CutGrid {
  static constexpr std::uint8_t kCut = 2;

  std::vector<std::uint8_t> cell;                             // [cells] 0 or 1: all on that side; kCut
  std::vector<double> triangles;                              // [n][3][3], counterclockwise seen from plus
  std::vector<std::int32_t> piece;                            // [n] which connected piece of the interface
  std::array<std::vector<double>, kSides> tetrahedra;         // [n][4][3] a side, what cut cells have of it
  std::array<std::vector<double>, kSides> wall_triangles;     // [n][3][3] a side, the walls of the box
  std::array<std::vector<std::uint8_t>, kSides> wall_number;  // [n] a side: -x, +x, -y, +y, -z, +z
};

// level_set: at the nodes of a grid of cells over the box, [x][y][z]. The same for a grid that is shared out, since
// neighbouring cells agree on their common face. Throws InvalidArgument where the number of values is another.
NBM_EXPORT CutGrid cut_grid(const Box& box, Vec3<index_t> cells, std::span<const double> level_set);

}  // namespace nbm
