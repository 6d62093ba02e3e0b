#pragma once
#include "core/runtime.hpp"

namespace nbm::cuda {

// Throws nbm::Error saying that `what` (a noun, such as "a copy to the GPU") failed and how, unless status is success.
void check(cudaError_t status, const char* what);

}  // namespace nbm::cuda
