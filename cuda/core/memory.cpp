#include "core/cuda_memory.hpp"
#include "core/device_buffer.hpp"
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
  cudaEvent_t event{};
  check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "making a CUDA event");
  cudaError_t status = cudaEventRecord(event, static_cast<cudaStream_t>(earlier));
  if (status == cudaSuccess) status = cudaStreamWaitEvent(static_cast<cudaStream_t>(later), event, 0);
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
