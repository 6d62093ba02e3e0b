#pragma once
// Function qualifiers shared by the host compiler and nvcc.

// Mathematics of one point: compiled for the host, for every SIMD level of the host, and for the device.
// Forced inline so that no out-of-line copy built for one instruction set can be linked into code for another.
#if defined(__CUDACC__)
#define NBM_HD __host__ __device__ __forceinline__
#define NBM_UNROLL _Pragma("unroll")
#define NBM_UNROLL_BITS _Pragma("unroll")
#else
#define NBM_HD inline __attribute__((always_inline))
#define NBM_UNROLL _Pragma("GCC unroll 16")
#define NBM_UNROLL_BITS _Pragma("GCC unroll 32")
#endif
// NBM_UNROLL: before a loop of fixed length whose values belong in registers; _BITS: one over the bits of a word.

// Symbols of the shared library that other programs may use.
#define NBM_EXPORT __attribute__((visibility("default")))
