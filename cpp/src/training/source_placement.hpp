#pragma once
#include "nbm/network/expansion.hpp"
#include "training/expansion_points.hpp"

namespace nbm {

// Gives the basis of a piece its sources: from spread-out points of its surface away from it along the normal, `reach`
// times as far as they lie apart, but less where the surface of the piece comes near from elsewhere.
void place_sources(const Problem& problem, const ExpansionPoints& points, index_t piece, bool at_wall, double reach,
                   const Expansion& lookup, PieceBasis& basis);

}  // namespace nbm
