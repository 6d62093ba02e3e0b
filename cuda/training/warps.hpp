#pragma once
#include "nbm/core/types.hpp"

namespace nbm::cuda {

// Warps for `items` lanes' work on the current device, each with `bytes` of memory: a multiple of kBlockWarps, at least
// one block.
unsigned warps_for(index_t items, index_t bytes);

}  // namespace nbm::cuda
