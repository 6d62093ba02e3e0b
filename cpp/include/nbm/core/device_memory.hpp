#pragma once
#include <cstddef>
#include <vector>

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
  // The same from a pool of nbm, for work on `stream`, and without stopping the GPU: taken in the order of the stream;
  // given back behind the work that is on the legacy default stream then, and that which used_by() knows. Of work on
  // streams that do not wait for the default one (cudaStreamNonBlocking) used_by() or wait_at_end() must know.
  DeviceMemory(Device device, std::size_t bytes, void* stream);
  // Waits for the work of the GPU, unless the memory is a pool's.
  ~DeviceMemory();
  DeviceMemory(DeviceMemory&& other) noexcept;
  DeviceMemory& operator=(DeviceMemory&& other) noexcept;

  void* data() const { return data_; }
  std::size_t size() const { return bytes_; }
  Device device() const { return device_; }

  // The work that is on the stream now uses the memory.
  void used_by(void* stream);
  // The memory is given back when all work of the GPU is done: others use it, on streams that only they know.
  void wait_at_end() { wait_ = true; }

  // Copies size() bytes, after what is on the stream already; done on return.
  void copy_from_host(const void* host, void* stream = nullptr);
  void copy_to_host(void* host, void* stream = nullptr) const;

 private:
  Device device_;
  std::size_t bytes_ = 0;
  void* data_ = nullptr;
  bool pooled_ = false, wait_ = false;
  std::vector<void*> events_;  // behind which memory of a pool may serve others
};

// Work that is given to `later` from now on begins after the work that is on `earlier` now. Does not wait.
NBM_EXPORT void order_streams(Device device, void* earlier, void* later);
// Waits for the work that is on the stream.
NBM_EXPORT void wait_for_stream(Device device, void* stream);
// The GPU to which memory belongs. Throws InvalidArgument where it is memory of the host.
NBM_EXPORT Device device_of(const void* pointer);

}  // namespace nbm
