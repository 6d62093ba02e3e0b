#pragma once
// The CUDA runtime's functions, for kernels on the CPU (cuda_on_cpu.hpp).
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <utility>
#include <vector>

#include "cuda_on_cpu/cuda_on_cpu.hpp"

namespace cuda_on_cpu {

struct Stream;
struct Graph {
  std::vector<std::function<void()>> work;
  std::vector<Stream*> branches;  // streams that waited for one that is recorded
  std::size_t path = 0;           // the most work of which each piece waits for the one before
};
// Does its work at once, unless a graph records it.
struct Stream {
  Graph* recorded = nullptr;
  std::size_t given = 0, joined = 0;  // work that was recorded; of it, what another stream waits for
  std::size_t path = 0;               // the most pieces that end with the last one
};
// A place in the work of a stream that is recorded, or nothing.
struct Event {
  Stream* stream = nullptr;
  Graph* recorded = nullptr;
  std::size_t given = 0, path = 0;
};
inline thread_local int recordings = 0;         // by streams of this thread
inline std::atomic<std::size_t> allocated = 0;  // bytes of device memory
// The longest path of each graph that this thread made.
inline thread_local std::vector<std::size_t> paths;
// How often memory was taken or given back in a way that stops a GPU.
inline std::atomic<std::size_t> stops = 0;
// How often the host has waited for the device: for a stream, for all, or for what it copies from it. (A copy of
// pageable memory to a device returns when it is in the driver's hands.)
inline std::atomic<std::size_t> waits = 0;
// Kernels, copies and graphs that the host has sent to the device.
inline std::atomic<std::size_t> launches = 0;
inline thread_local int device = 0;  // the current one
constexpr std::size_t kMemory = std::size_t{16} << 30;

// Few, so that grids stay small; NBM_EMULATED_MULTIPROCESSORS says otherwise.
inline int multiprocessors() {
  const char* number = std::getenv("NBM_EMULATED_MULTIPROCESSORS");
  return number == nullptr ? 2 : std::atoi(number);
}

// One; NBM_EMULATED_DEVICES says otherwise. All have one memory.
inline int devices() {
  const char* number = std::getenv("NBM_EMULATED_DEVICES");
  return number == nullptr ? 1 : std::atoi(number);
}

// Where nothing is recorded, any number may stand for a stream, as those of callers in tests do.
inline bool is_recorded(const Stream* stream) {
  return recordings > 0 && stream != nullptr && stream->recorded != nullptr;
}
inline void run_or_record(Stream* stream, std::function<void()> work) {
  if (!is_recorded(stream)) {
    ++launches;
    return work();
  }
  stream->recorded->work.push_back(std::move(work));
  ++stream->given;
  stream->recorded->path = std::max(stream->recorded->path, ++stream->path);
}

}  // namespace cuda_on_cpu

// The part of the runtime that the backend uses. Device memory is memory of malloc, so that AddressSanitizer sees
// overruns.
using cudaStream_t = cuda_on_cpu::Stream*;
using cudaGraph_t = cuda_on_cpu::Graph*;
using cudaGraphExec_t = cuda_on_cpu::Graph*;
enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInsufficientDriver = 35,
  cudaErrorStreamCaptureUnsupported = 900,
  cudaErrorStreamCaptureUnjoined = 904
};
enum cudaMemcpyKind {
  cudaMemcpyHostToHost,
  cudaMemcpyHostToDevice,
  cudaMemcpyDeviceToHost,
  cudaMemcpyDeviceToDevice,
  cudaMemcpyDefault
};
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize };
enum cudaDeviceAttr { cudaDevAttrMultiProcessorCount, cudaDevAttrMaxSharedMemoryPerBlockOptin };
enum cudaStreamCaptureMode {
  cudaStreamCaptureModeGlobal,
  cudaStreamCaptureModeThreadLocal,
  cudaStreamCaptureModeRelaxed
};
constexpr unsigned cudaStreamNonBlocking = 1;
constexpr int CUDART_VERSION = 13000;

inline cudaError_t cudaGetDeviceCount(int* count) {
  *count = cuda_on_cpu::devices();
  return cudaSuccess;
}
inline cudaError_t cudaGetDevice(int* device) {
  *device = cuda_on_cpu::device;
  return cudaSuccess;
}
inline cudaError_t cudaSetDevice(int device) {
  if (device < 0 || device >= cuda_on_cpu::devices()) return cudaErrorInvalidValue;
  cuda_on_cpu::device = device;
  return cudaSuccess;
}
inline cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int /*device*/) {
  *value = attribute == cudaDevAttrMultiProcessorCount ? cuda_on_cpu::multiprocessors() : 227 * 1024;
  return cudaSuccess;
}
template <class Function>
cudaError_t cudaFuncSetAttribute(Function* /*kernel*/, cudaFuncAttribute /*attribute*/, int /*value*/) {
  return cudaSuccess;
}
inline cudaError_t cuda_on_cpu_malloc(void** p, std::size_t bytes) {
  if (cuda_on_cpu::recordings > 0) return cudaErrorStreamCaptureUnsupported;
  *p = std::malloc(bytes);
  if (*p == nullptr) return cudaErrorMemoryAllocation;
  std::memset(*p, 0xff, bytes);  // NaN, so that reading what nothing wrote shows
  cuda_on_cpu::allocated += malloc_usable_size(*p);
  return cudaSuccess;
}
inline cudaError_t cuda_on_cpu_free(void* p) {
  if (cuda_on_cpu::recordings > 0) return cudaErrorStreamCaptureUnsupported;
  cuda_on_cpu::allocated -= malloc_usable_size(p);
  std::free(p);
  return cudaSuccess;
}
inline cudaError_t cudaMalloc(void** p, std::size_t bytes) {
  ++cuda_on_cpu::stops;
  return cuda_on_cpu_malloc(p, bytes);
}
inline cudaError_t cudaFree(void* p) {
  ++cuda_on_cpu::stops;
  return cuda_on_cpu_free(p);
}
inline cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *total = cuda_on_cpu::kMemory;
  *free = cuda_on_cpu::kMemory - cuda_on_cpu::allocated;
  return cudaSuccess;
}
inline cudaError_t cudaMallocHost(void** p, std::size_t bytes) { return cudaMalloc(p, bytes); }
inline cudaError_t cudaFreeHost(void* p) { return cudaFree(p); }
// A copy from or to the host is refused in a graph: CUDA would repeat it with whatever lies there at each launch.
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                                   cudaStream_t stream = nullptr) {
  if (cuda_on_cpu::is_recorded(stream) && kind != cudaMemcpyDeviceToDevice) {
    return cudaErrorStreamCaptureUnsupported;
  }
  if (kind == cudaMemcpyDeviceToHost) ++cuda_on_cpu::waits;
  cuda_on_cpu::run_or_record(stream, [=] { std::memcpy(to, from, bytes); });
  return cudaSuccess;
}
inline cudaError_t cudaMemsetAsync(void* p, int value, std::size_t bytes, cudaStream_t stream = nullptr) {
  cuda_on_cpu::run_or_record(stream, [=] { std::memset(p, value, bytes); });
  return cudaSuccess;
}
inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned /*flags*/) {
  *stream = new cuda_on_cpu::Stream;
  return cudaSuccess;
}
inline cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  *least = 0;
  *greatest = -5;
  return cudaSuccess;
}
inline cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int /*priority*/) {
  return cudaStreamCreateWithFlags(stream, flags);
}
inline cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  return cudaSuccess;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t /*stream*/) {
  ++cuda_on_cpu::waits;
  return cuda_on_cpu::recordings > 0 ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}
inline cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode /*mode*/) {
  if (stream == nullptr || stream->recorded != nullptr) return cudaErrorInvalidValue;
  *stream = {new cuda_on_cpu::Graph};
  ++cuda_on_cpu::recordings;
  return cudaSuccess;
}
inline cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  if (stream == nullptr || stream->recorded == nullptr) return cudaErrorInvalidValue;
  *graph = std::exchange(stream->recorded, nullptr);
  --cuda_on_cpu::recordings;
  bool joined = true;
  for (cuda_on_cpu::Stream* branch : (*graph)->branches) {
    joined = joined && branch->joined == branch->given;
    *branch = {};
  }
  if (joined) return cudaSuccess;
  delete std::exchange(*graph, nullptr);
  return cudaErrorStreamCaptureUnjoined;
}
inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph, unsigned long long /*flags*/) {
  *made = new cuda_on_cpu::Graph(*graph);
  cuda_on_cpu::paths.push_back(graph->path);
  return cudaSuccess;
}
inline cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  const bool recorded = cuda_on_cpu::is_recorded(stream);
  if (!recorded) ++cuda_on_cpu::launches;
  for (const std::function<void()>& work : graph->work) {
    if (recorded) {
      cuda_on_cpu::run_or_record(stream, work);
    } else {
      work();
    }
  }
  return cudaSuccess;
}
inline cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) { return cudaGraphDestroy(graph); }
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline const char* cudaGetErrorString(cudaError_t status) {
  return status == cudaSuccess ? "no error" : "an error of the CPU in place of the GPU";
}
