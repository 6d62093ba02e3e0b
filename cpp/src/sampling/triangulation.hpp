#pragma once
#include <span>
#include <vector>

#include "interface_search.hpp"

namespace nbm {

struct CellTriangle {
  InterfaceSampler::Triangle corners;
  Vec3<double> area;  // times the normal from minus to plus
  index_t cell;       // the number of the cell that it lies in
};

// The triangles of the piecewise linear interface in the cells, in their order; the same for any number of threads.
std::vector<CellTriangle> triangulate_cells(const SearchGrid& grid, std::span<const SearchCell> cells,
                                            ThreadPool& pool);

}  // namespace nbm
