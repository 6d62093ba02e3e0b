#pragma once
// Runs CUDA kernels on the CPU, to test them on machines with no GPU: one fiber for each CUDA thread of a block. Fibers
// switch only at __syncthreads, __syncwarp, shuffles, votes and their end; blocks run one after another.
// What it cannot show: timing, limits of registers and shared memory, grid-wide synchronisation, textures.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <tuple>
#include <type_traits>

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__
#define __shared__ static thread_local  // one copy for the thread that runs a block

struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  unsigned x, y, z;
  dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
};

namespace cuda_on_cpu {

// What a kernel can see of its place in the grid.
struct Place {
  uint3 thread, block;
  dim3 block_size, grid_size;
  unsigned linear;  // number of the thread in its block
  unsigned char* dynamic_shared;
};
extern __thread Place* current;

// Where the lanes of a warp meet: values are exchanged through two sets of slots, so that a lane may still read those
// of one meeting while others have gone on to the next.
struct Warp {
  unsigned arrived, needed, given[2];
  int set;
  alignas(16) unsigned char slot[2][32][16];
};
void sync_threads(int line);
// Every lane in `mask` gives a value of `size` bytes; then all may read.
Warp& meet(unsigned mask, const void* value, unsigned size);
struct Stream;  // runtime.hpp
// Throws std::runtime_error for a launch that CUDA would refuse, and for threads that wait for each other for ever.
void launch_raw(dim3 grid, dim3 block, std::size_t shared_bytes, void (*run)(void*), void* argument);

// Work in the order of a stream: runs at once, or becomes part of the graph that records the stream.
inline void run_or_record(Stream* stream, std::function<void()> work);  // runtime.hpp

// Arguments are copied once for the launch and then for each thread, as CUDA does.
template <class... Parameters>
void launch(Stream* stream, dim3 grid, dim3 block, std::size_t shared_bytes, void (*kernel)(Parameters...),
            std::type_identity_t<Parameters>... arguments) {
  auto call = [kernel, copies = std::tuple<Parameters...>(arguments...)] { std::apply(kernel, copies); };
  run_or_record(stream, [=]() mutable {
    launch_raw(
        grid, block, shared_bytes, [](void* p) { (*static_cast<decltype(call)*>(p))(); }, &call);
  });
}

inline int lane() { return static_cast<int>(current->linear % 32); }

template <class T>
T shuffle(unsigned mask, T value, int source) {
  static_assert(sizeof(T) <= 16 && std::is_trivially_copyable_v<T>);
  const Warp& warp = meet(mask, &value, sizeof value);
  if ((warp.given[warp.set] >> source & 1) != 0) std::memcpy(&value, warp.slot[warp.set][source], sizeof value);
  return value;
}

}  // namespace cuda_on_cpu

#define threadIdx (cuda_on_cpu::current->thread)
#define blockIdx (cuda_on_cpu::current->block)
#define blockDim (cuda_on_cpu::current->block_size)
#define gridDim (cuda_on_cpu::current->grid_size)
#define __syncthreads() cuda_on_cpu::sync_threads(__LINE__)  // the line: g++ may duplicate the call

constexpr int warpSize = 32;

inline void __syncwarp(unsigned mask = ~0U) { cuda_on_cpu::meet(mask, nullptr, 0); }
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32) {
  const int lane = cuda_on_cpu::lane(), source = lane ^ bits;
  return cuda_on_cpu::shuffle(mask, value, source / width > lane / width ? lane : source);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  const int lane = cuda_on_cpu::lane(), source = lane + static_cast<int>(delta);
  return cuda_on_cpu::shuffle(mask, value, source / width != lane / width ? lane : source);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  const int lane = cuda_on_cpu::lane(), source = lane - static_cast<int>(delta);
  return cuda_on_cpu::shuffle(mask, value, source < lane / width * width ? lane : source);
}
template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
  return cuda_on_cpu::shuffle(mask, value, cuda_on_cpu::lane() / width * width + (source & (width - 1)));
}
inline unsigned __ballot_sync(unsigned mask, int predicate) {
  const unsigned char mine = predicate != 0;
  const auto& warp = cuda_on_cpu::meet(mask, &mine, 1);
  unsigned votes = 0;
  for (int i = 0; i < 32; ++i) {
    if (((warp.given[warp.set] & mask) >> i & 1) != 0) votes |= static_cast<unsigned>(warp.slot[warp.set][i][0]) << i;
  }
  return votes;
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, !predicate) == 0; }

template <class T>
T atomicAdd(T* p, std::type_identity_t<T> value) {
  return std::atomic_ref<T>(*p).fetch_add(value, std::memory_order_relaxed);
}
template <class T>
T atomicMax(T* p, std::type_identity_t<T> value) {
  std::atomic_ref<T> at(*p);
  T old = at.load(std::memory_order_relaxed);
  while (old < value && !at.compare_exchange_weak(old, value, std::memory_order_relaxed)) {
  }
  return old;
}
template <class T>
T atomicMin(T* p, std::type_identity_t<T> value) {
  std::atomic_ref<T> at(*p);
  T old = at.load(std::memory_order_relaxed);
  while (value < old && !at.compare_exchange_weak(old, value, std::memory_order_relaxed)) {
  }
  return old;
}
template <class T>
T atomicCAS(T* p, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  std::atomic_ref<T>(*p).compare_exchange_strong(expected, value);
  return expected;
}
template <class T>
T __ldg(const T* p) {
  return *p;
}
inline int __popc(unsigned x) { return std::popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline void __threadfence() { std::atomic_thread_fence(std::memory_order_seq_cst); }

#include "cuda_on_cpu/runtime.hpp"
