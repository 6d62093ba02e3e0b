#pragma once
// The part of the runtime that concerns streams and pointers of callers. Work is done, or recorded, when it is given,
// so that there is nothing to order; where nothing is recorded any number may stand for a stream.
#include "cuda_on_cpu/runtime.hpp"

namespace cuda_on_cpu {
inline Stream legacy;
}
#define cudaStreamLegacy (&cuda_on_cpu::legacy)

using cudaEvent_t = cuda_on_cpu::Event*;
constexpr unsigned cudaEventDisableTiming = 2;

inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned /*flags*/) {
  *event = new cuda_on_cpu::Event;
  return cudaSuccess;
}
inline cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  *event = {};
  if (cuda_on_cpu::is_recorded(stream)) *event = {stream, stream->recorded, stream->given, stream->path};
  return cudaSuccess;
}
// A stream that waits for one that is recorded becomes a branch of its graph.
inline cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned /*flags*/) {
  if (event->recorded == nullptr || stream == event->stream) return cudaSuccess;
  if (stream->recorded == nullptr) {
    *stream = {event->recorded};
    event->recorded->branches.push_back(stream);
  }
  event->stream->joined = event->given;
  stream->path = std::max(stream->path, event->path);
  return cudaSuccess;
}

enum cudaMemAllocationType { cudaMemAllocationTypePinned };
enum cudaMemLocationType { cudaMemLocationTypeDevice };
enum cudaMemPoolAttr { cudaMemPoolAttrReleaseThreshold };
struct cudaMemPoolProps {
  cudaMemAllocationType allocType;
  struct {
    cudaMemLocationType type;
    int id;
  } location;
};
using cudaMemPool_t = void*;
inline cudaError_t cudaMemPoolCreate(cudaMemPool_t* pool, const cudaMemPoolProps* /*properties*/) {
  *pool = nullptr;
  return cudaSuccess;
}
inline cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t /*pool*/, cudaMemPoolAttr /*attribute*/, void* /*value*/) {
  return cudaSuccess;
}
inline cudaError_t cudaMallocFromPoolAsync(void** p, std::size_t bytes, cudaMemPool_t /*pool*/,
                                           cudaStream_t /*stream*/) {
  return cuda_on_cpu_malloc(p, bytes);
}
inline cudaError_t cudaDeviceSynchronize() {
  ++cuda_on_cpu::waits;
  return cudaSuccess;
}
inline cudaError_t cudaFreeAsync(void* p, cudaStream_t /*stream*/) { return cuda_on_cpu_free(p); }

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
