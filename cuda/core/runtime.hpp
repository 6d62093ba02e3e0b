#pragma once
// The CUDA runtime, or what stands in for it where kernels run on the CPU.
#if defined(NBM_CUDA_ON_CPU)
#include "cuda_on_cpu/cuda_on_cpu.hpp"
#include "cuda_on_cpu/streams.hpp"
namespace nbm::cuda {
constexpr bool kEmulated = true;
}
#else
#include <cuda_runtime.h>
namespace nbm::cuda {
constexpr bool kEmulated = false;
}
#endif
