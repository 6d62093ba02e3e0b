#pragma once
#include "core/runtime.hpp"
#include "nbm/network/held_weights.hpp"

namespace nbm::cuda {

// Zeroes numbers [parameter][pitch], of which `rows` are used, of parameters that training holds: a gradient (1 row),
// or columns of a Jacobian. `parameters`: of whole networks. Nothing to do where none is held.
void clear_held(const HeldWeights& held, index_t parameters, double* numbers, index_t pitch, index_t rows,
                cudaStream_t stream);

}  // namespace nbm::cuda
