#pragma once
#include <cstdint>

#include "nbm/core/macros.hpp"

// What the optional CUDA backend offers. A build without it links cuda/stub.cpp, whose functions answer 0 or throw
// BackendUnavailable, so that no other code asks how the library was built.
namespace nbm::cuda {

// Number of usable devices; 0 without a GPU, a driver or the backend. Never throws.
NBM_EXPORT int device_count() noexcept;
// Whether this build contains the backend at all.
NBM_EXPORT bool built() noexcept;
// Whether its kernels run on the CPU (NBM_CUDA=EMULATE): for tests, and slow.
NBM_EXPORT bool emulated() noexcept;
// Throws BackendUnavailable, with what is missing and how to get it, unless device `index` can be used.
NBM_EXPORT void require_device(int index);
// Bytes of memory of device `index` that nobody uses. Throws BackendUnavailable.
NBM_EXPORT std::int64_t free_memory(int index);

}  // namespace nbm::cuda
