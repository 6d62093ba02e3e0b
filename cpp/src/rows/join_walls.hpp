#pragma once
#include "lattice.hpp"
#include "nbm/rows/grid_system.hpp"

namespace nbm {

// Gives the nodes on the upper walls of periods the level set of their opposite ones: both are then on one side.
void match_opposite_walls(const Problem& problem, const LatticeView& nodes, std::vector<double>& level_set);

// The half cells on both walls of a period become one cell: the row of a node on the lower wall is the sum of its own
// and that of its opposite node, whose unknown all rows take for the former's and the jump (docs/method.md, section 9).
void join_opposite_walls(const Problem& problem, GridSystem& system, ThreadPool& pool);

}  // namespace nbm
