#pragma once
#include "core/launch.hpp"
#include "nbm/core/types.hpp"

namespace nbm::cuda {

// values[i] = parts[0][i] + parts[1][i] + ... in that order, for i < count; parts: [ranks][count]. In the order of the
// stream.
void sum_parts(const double* parts, int ranks, index_t count, double* values, cudaStream_t stream);

}  // namespace nbm::cuda
