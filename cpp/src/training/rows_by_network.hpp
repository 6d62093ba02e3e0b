#pragma once
#include "nbm/network/network_map.hpp"
#include "nbm/rows/row_sets.hpp"

namespace nbm {

// Rows as they are made, with one network a side, as rows of the networks of `map`: each regular row goes to that of
// its point, point rows are sorted by the networks that they touch, stencil rows by theirs, and each of a stencil's
// entries goes to that of its own point, beyond the wall of a periodic axis to that a period back. Within a set the
// order stays.
NBM_EXPORT void sort_by_network(const NetworkMap& map, RowSet& rows, const std::array<bool, kDim>& periodic = {});

}  // namespace nbm
