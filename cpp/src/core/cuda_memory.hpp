#pragma once
#include <cstddef>
#include <span>

#include "nbm/core/macros.hpp"

// Memory and streams of GPUs (cuda/core/memory.cpp). Where the backend is not built, those that are given a device
// throw BackendUnavailable (cuda/stub.cpp).
namespace nbm::cuda {

NBM_EXPORT void* allocate(int device, std::size_t bytes);
NBM_EXPORT void release(int device, void* memory) noexcept;
// From and to the pool of the device; the latter behind the work of the default stream and of `events`, which are
// taken, or, with `wait`, when the GPU has done everything.
NBM_EXPORT void* allocate_from_pool(int device, std::size_t bytes, void* stream);
NBM_EXPORT void release_to_pool(int device, void* memory, std::span<void* const> events, bool wait) noexcept;
// An event of the work that is on the stream now.
NBM_EXPORT void* record_event(int device, void* stream);
// Done on return.
NBM_EXPORT void copy_from_host(int device, void* to, const void* from, std::size_t bytes, void* stream);
NBM_EXPORT void copy_to_host(int device, void* to, const void* from, std::size_t bytes, void* stream);
NBM_EXPORT void order_streams(int device, void* earlier, void* later);
NBM_EXPORT void wait_for_stream(int device, void* stream);
// -1 for memory of the host.
NBM_EXPORT int device_of(const void* pointer);

}  // namespace nbm::cuda
