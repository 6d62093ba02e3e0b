#pragma once
#include <memory>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "nbm/core/device_memory.hpp"

namespace nbm::python {

// An array in the memory of a GPU: nbm's own, or one borrowed from another library. nbm.gpu_arrays checks shapes, types
// and devices, and keeps the order of streams.
struct GpuArray {
  void* data = nullptr;
  std::vector<std::int64_t> shape, strides;  // in elements
  std::string dtype;                         // as NumPy names it
  Device device;
  std::shared_ptr<DeviceMemory> own;
  std::shared_ptr<const nb::ndarray<nb::ro>> tensor;  // that came by DLPack
};

inline void* stream_of(std::uintptr_t handle) { return reinterpret_cast<void*>(handle); }

}  // namespace nbm::python
