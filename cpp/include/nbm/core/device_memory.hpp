#pragma once
#include <cstddef>

#include "nbm/core/device.hpp"

// What a caller needs to hand data to a GPU: memory, streams, the order of work. CUDA's own types stay out of the
// public headers: a `stream` is a cudaStream_t as it is, nullptr the default stream of the legacy kind.
namespace nbm {

// Memory of one GPU, for callers without CUDA of their own.
class NBM_EXPORT DeviceMemory {
 public:
  // `bytes` of memory that nothing has written. Throws BackendUnavailable, InvalidArgument for the CPU, and Error where
  // the GPU has not so much memory.
  DeviceMemory(Device device, std::size_t bytes);
  // Waits for the work of the GPU.
  ~DeviceMemory();
  DeviceMemory(DeviceMemory&& other) noexcept;
  DeviceMemory& operator=(DeviceMemory&& other) noexcept;

  void* data() const { return data_; }
  std::size_t size() const { return bytes_; }
  Device device() const { return device_; }

  // Copies size() bytes, after what is on the stream already; done on return.
  void copy_from_host(const void* host, void* stream = nullptr);
  void copy_to_host(void* host, void* stream = nullptr) const;

 private:
  Device device_;
  std::size_t bytes_ = 0;
  void* data_ = nullptr;
};

// Work that is given to `later` from now on begins after the work that is on `earlier` now. Does not wait.
NBM_EXPORT void order_streams(Device device, void* earlier, void* later);
// Waits for the work that is on the stream.
NBM_EXPORT void wait_for_stream(Device device, void* stream);
// The GPU to which memory belongs. Throws InvalidArgument where it is memory of the host.
NBM_EXPORT Device device_of(const void* pointer);

}  // namespace nbm
