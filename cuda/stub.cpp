// Linked instead of the CUDA backend in a build without it.
#include "nbm/core/backend.hpp"
#include "nbm/core/error.hpp"

namespace nbm::cuda {

int device_count() noexcept { return 0; }

bool built() noexcept { return false; }

void require_device(int /*index*/) {
  throw BackendUnavailable("cuda",
                           "device 'cuda' was asked for, but this build of nbm has no CUDA backend: use device='cpu', "
                           "or build with -DNBM_CUDA=ON on a machine with the CUDA toolkit.");
}

}  // namespace nbm::cuda
