#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "nbm/sampling/interface_sampler.hpp"

// The search for the interface: cells of a coarse grid of the box, cut in eight again and again where the interface
// may pass unseen or is not resolved.
namespace nbm {

// Cells of level l have the edges spacing / 2^l; cell `at` of a level lies at lower + at * edges.
struct SearchGrid {
  Box box;
  std::array<std::int64_t, kDim> cells;  // of level 0, along each axis
  Vec3<double> spacing;

  // options.cells along the longest edge, and not fewer than 4 (or options.cells) along the others.
  SearchGrid(const Box& box, int cells);
  std::int64_t size() const { return cells[0] * cells[1] * cells[2]; }
  std::int64_t index(const std::array<std::int64_t, kDim>& at) const {
    return (at[0] * cells[1] + at[1]) * cells[2] + at[2];
  }
  Vec3<double> edges(int level) const;
  // The same number for one place, whatever the level by which it is reached: cells share their corners exactly.
  Vec3<double> position(int level, const std::array<std::int64_t, kDim>& at) const;
};

// What the values of the level set in a cell say.
struct CellLook {
  bool corners_differ;  // the interface passes between corners
  bool differ;          // or between them and the centre
  bool open;            // it may pass: the slopes seen reach from the least value to 0 within half a diagonal
  bool bent;            // the level set is far from linear
};
CellLook look_at_cell(const double (&corner)[8], double center, Vec3<double> edges);

// A cell of some level; corners (i, j, k) at index 4i + 2j + k.
struct SearchCell {
  std::array<std::int64_t, kDim> at;
  int level;
  double corner[8];
  double center;
};

struct FoundInterface {
  std::vector<double> nodes;      // the level set at the nodes of level 0, z fastest
  std::vector<SearchCell> cells;  // disjoint; ordered by cell of level 0 and in each from child to child
};

// The cells that the interface passes between the corners of, at the level where the search ends; the same for any
// number of threads. Throws InvalidField where the level set is not finite.
FoundInterface search_interface(const SearchGrid& grid, const Field& level_set, InterfaceOptions options,
                                ThreadPool& pool);

}  // namespace nbm
