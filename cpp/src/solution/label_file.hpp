#pragma once
#include <cstdint>
#include <vector>

#include "core/json.hpp"
#include "nbm/core/tensor_file.hpp"

namespace nbm {

// Labels at the nodes of a grid, as runs of equal ones: pairs of a label and how often it is repeated.
Tensor pack_labels(const std::vector<std::int16_t>& labels);

struct LabelRange {
  index_t least, most;
};
// Throws InvalidArgument where there are not as many labels as nodes, or one is beyond the range.
std::vector<std::int16_t> unpack_labels(const Tensor& runs, index_t nodes, LabelRange range);

// The grid's cells along each axis, under "cells".
Json store_label_cells(Vec3<index_t> cells);
Vec3<index_t> restore_label_cells(const Json& json);

}  // namespace nbm
