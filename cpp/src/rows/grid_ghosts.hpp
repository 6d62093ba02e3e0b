#pragma once
#include <span>
#include <vector>

#include "nbm/rows/grid_system.hpp"

namespace nbm {

// The other side's value at every node of a grid that has a neighbour on the other side (docs/method.md, section 7),
// from the values `u` of the nodes' own sides; NaN at other nodes, and where the level set tells no way to the
// interface.
std::vector<double> grid_ghosts(const Problem& problem, const GridSystem& system, std::span<const double> u,
                                ThreadPool& pool);

}  // namespace nbm
