#pragma once
#include "core/error.hpp"

// The two things that kernel sources spell through macros, so that they also compile as plain C++ and run on the CPU
// (tests/support/cuda_on_cpu).
//   NBM_LAUNCH(kernel, grid, block, shared_bytes, stream, arguments...)  throws nbm::Error if the launch is refused
//   NBM_DYN_SHARED(T, name)  declares `T* name`, the block's dynamic shared memory, aligned to 16 bytes
#if !defined(NBM_CUDA_ON_CPU)
#define NBM_LAUNCH(kernel, grid, block, shared_bytes, stream, ...)                  \
  do {                                                                              \
    (kernel)<<<(grid), (block), (shared_bytes), (stream)>>>(__VA_ARGS__);           \
    ::nbm::cuda::check(cudaGetLastError(), "the launch of " #kernel " on the GPU"); \
  } while (false)
#define NBM_DYN_SHARED(T, name)                                              \
  extern __shared__ __align__(16) unsigned char nbm_dynamic_shared_memory[]; \
  T* name = reinterpret_cast<T*>(nbm_dynamic_shared_memory)
#else
#define NBM_LAUNCH(kernel, grid, block, shared_bytes, stream, ...) \
  cuda_on_cpu::launch((stream), (grid), (block), (shared_bytes), (kernel), __VA_ARGS__)
#define NBM_DYN_SHARED(T, name) T* name = reinterpret_cast<T*>(cuda_on_cpu::current->dynamic_shared)
#endif
