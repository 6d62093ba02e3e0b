#pragma once
#include <array>
#include <span>
#include <vector>

#include "nbm/rows/grid_system.hpp"

namespace nbm {

// Both sides' values at every node of a grid, from the values `u` of the nodes' own sides: beyond the interface each
// side goes on as the quadratic that fits its own nodes and the ghost values there, for three nodes, and further as
// means of what is there. A side without nodes is 0.
std::array<std::vector<double>, kSides> one_sided_values(const Problem& problem, const GridSystem& system,
                                                         std::span<const double> u, ThreadPool& pool);

}  // namespace nbm
