#include "core/cuda_memory.hpp"
#include "core/device_buffer.hpp"
#include "core/memory_pool.hpp"
#include "core/stream.hpp"

namespace nbm::cuda {

void* allocate(int device, std::size_t bytes) {
  if (bytes == 0) return nullptr;
  const DeviceGuard guard(device);
  void* memory = nullptr;
  check(cudaMalloc(&memory, bytes), "an allocation of GPU memory");
  return memory;
}

void release(int /*device*/, void* memory) noexcept {
  static_cast<void>(cudaFree(memory));  // fails only where an earlier error is reported already
}

void* allocate_from_pool(int device, std::size_t bytes, void* stream) {
  if (bytes == 0) return nullptr;
  const DeviceGuard guard(device);
  void* memory = nullptr;
  check(cudaMallocFromPoolAsync(&memory, bytes, memory_pool(device), static_cast<cudaStream_t>(stream)),
        "an allocation of GPU memory");
  return memory;
}

void release_to_pool(int device, void* memory, std::span<void* const> events, bool wait) noexcept {
  int before = 0;
  static_cast<void>(cudaGetDevice(&before));
  static_cast<void>(cudaSetDevice(device));
  for (void* const known : events) {
    const auto event = static_cast<cudaEvent_t>(known);
    static_cast<void>(cudaStreamWaitEvent(cudaStreamLegacy, event, 0));
    static_cast<void>(cudaEventDestroy(event));
  }
  if (wait) static_cast<void>(cudaDeviceSynchronize());
  static_cast<void>(cudaFreeAsync(memory, cudaStreamLegacy));
  static_cast<void>(cudaSetDevice(before));
}

void* record_event(int device, void* stream) {
  const DeviceGuard guard(device);
  cudaEvent_t event{};
  check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "making a CUDA event");
  const cudaError_t status = cudaEventRecord(event, static_cast<cudaStream_t>(stream));
  if (status != cudaSuccess) static_cast<void>(cudaEventDestroy(event));
  check(status, "marking a place on a CUDA stream");
  return event;
}

void copy_from_host(int device, void* to, const void* from, std::size_t bytes, void* stream) {
  if (bytes == 0) return;
  const DeviceGuard guard(device);
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, static_cast<cudaStream_t>(stream)),
        "a copy to the GPU");
  wait_for_stream(device, stream);
}

void copy_to_host(int device, void* to, const void* from, std::size_t bytes, void* stream) {
  if (bytes == 0) return;
  const DeviceGuard guard(device);
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, static_cast<cudaStream_t>(stream)),
        "a copy from the GPU");
  wait_for_stream(device, stream);
}

void order_streams(int device, void* earlier, void* later) {
  const DeviceGuard guard(device);
  const auto event = static_cast<cudaEvent_t>(record_event(device, earlier));
  const cudaError_t status = cudaStreamWaitEvent(static_cast<cudaStream_t>(later), event, 0);
  static_cast<void>(cudaEventDestroy(event));  // takes effect once the event has happened
  check(status, "the order of two CUDA streams");
}

void wait_for_stream(int device, void* stream) {
  const DeviceGuard guard(device);
  check(cudaStreamSynchronize(static_cast<cudaStream_t>(stream)), "work on the GPU");
}

int device_of(const void* pointer) {
  cudaPointerAttributes found{};
  check(cudaPointerGetAttributes(&found, pointer), "asking where memory is");
  return found.type == cudaMemoryTypeDevice || found.type == cudaMemoryTypeManaged ? found.device : -1;
}

}  // namespace nbm::cuda
