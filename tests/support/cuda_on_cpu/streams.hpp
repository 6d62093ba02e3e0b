#pragma once
// The part of the runtime that concerns streams and pointers of callers. Work is done when it is given, so that there
// is nothing to order; any number may stand for a stream.
#include "cuda_on_cpu/cuda_on_cpu.hpp"

using cudaEvent_t = void*;
constexpr unsigned cudaEventDisableTiming = 2;

inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned /*flags*/) {
  *event = nullptr;
  return cudaSuccess;
}
inline cudaError_t cudaEventDestroy(cudaEvent_t /*event*/) { return cudaSuccess; }
inline cudaError_t cudaEventRecord(cudaEvent_t /*event*/, cudaStream_t /*stream*/) { return cudaSuccess; }
inline cudaError_t cudaStreamWaitEvent(cudaStream_t /*stream*/, cudaEvent_t /*event*/, unsigned /*flags*/) {
  return cudaSuccess;
}

inline cudaError_t cudaMallocAsync(void** p, std::size_t bytes, cudaStream_t /*stream*/) {
  return cudaMalloc(p, bytes);
}
inline cudaError_t cudaFreeAsync(void* p, cudaStream_t /*stream*/) { return cudaFree(p); }

// All memory is that of device 0.
enum cudaMemoryType { cudaMemoryTypeUnregistered, cudaMemoryTypeHost, cudaMemoryTypeDevice, cudaMemoryTypeManaged };
struct cudaPointerAttributes {
  cudaMemoryType type;
  int device;
};
inline cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* found, const void* /*pointer*/) {
  *found = {cudaMemoryTypeDevice, 0};
  return cudaSuccess;
}
