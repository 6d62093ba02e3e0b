#pragma once
#include <vector>

#include "interface_search.hpp"
#include "nbm/sampling/pieces.hpp"

namespace nbm {

// nodes: the level set at the nodes of level 0; cells: what the search has found.
PieceMap find_pieces(const SearchGrid& grid, const std::vector<double>& nodes, const std::vector<SearchCell>& cells);

// Numbers from 0 on, for each cell the piece of the interface that passes it: the surface between the same two pieces.
std::vector<std::int32_t> interface_pieces(const PieceMap& map, const std::vector<SearchCell>& cells);

}  // namespace nbm
