#pragma once
#include "core/error.hpp"

namespace nbm::cuda {

// The pool of nbm on a device: memory that is taken and given back in the order of streams. What is given back stays
// mapped up to a limit, so that the next call finds it. Made at the first use, there until the process ends.
cudaMemPool_t memory_pool(int device);

}  // namespace nbm::cuda
