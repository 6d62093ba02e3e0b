#pragma once
#include <cstdint>
#include <string>
#include <vector>

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

// A library of CUDA that is loaded when it is first needed.
struct CudaLibrary {
  std::string name;  // such as "cublas"
  std::string path;  // empty: not found on this machine
};
// Those that this build needs, looked for now. Never throws.
NBM_EXPORT std::vector<CudaLibrary> libraries() noexcept;
// Folders of Python packages, in which NVIDIA's packages (nvidia-cublas and others) are looked for, behind the places
// of the dynamic loader and the toolkit that CUDA_HOME names.
NBM_EXPORT void search_packages_in(std::vector<std::string> folders);

}  // namespace nbm::cuda
