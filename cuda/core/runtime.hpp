#pragma once
// The CUDA runtime, or what stands in for it where kernels run on the CPU.
#if defined(NBM_CUDA_ON_CPU)
#include "cuda_on_cpu/cuda_on_cpu.hpp"
#else
#include <cuda_runtime.h>
#endif
