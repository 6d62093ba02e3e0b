#pragma once
#include <type_traits>

#include "nbm/core/simd.hpp"

// Kernels that are compiled for each SIMD level reach the rest of the library as a table of function pointers:
// NBM_SIMD_TABLE(Table, name) declares `extern const Table name` in the namespace of every level (the SIMD source
// defines it) and the function `name()`, which gives the table of simd_level().
#if defined(NBM_SIMD_X86)
#define NBM_SIMD_TABLE(Table, name)                     \
  namespace simd_baseline {                             \
  extern const Table name;                              \
  }                                                     \
  namespace simd_avx2 {                                 \
  extern const Table name;                              \
  }                                                     \
  namespace simd_avx512 {                               \
  extern const Table name;                              \
  }                                                     \
  inline const Table& name() {                          \
    switch (simd_level()) {                             \
      case SimdLevel::avx512: return simd_avx512::name; \
      case SimdLevel::avx2: return simd_avx2::name;     \
      case SimdLevel::baseline: break;                  \
    }                                                   \
    return simd_baseline::name;                         \
  }                                                     \
  static_assert(true)
#else
#define NBM_SIMD_TABLE(Table, name)                          \
  namespace simd_baseline {                                  \
  extern const Table name;                                   \
  }                                                          \
  inline const Table& name() { return simd_baseline::name; } \
  static_assert(true)
#endif

namespace nbm {

// A table with one set of kernels for each precision.
template <template <class> class Kernels>
struct ByPrecision {
  Kernels<float> single;
  Kernels<double> twice;
};

template <class S, template <class> class Kernels>
const Kernels<S>& kernels_for(const ByPrecision<Kernels>& table) {
  if constexpr (std::is_same_v<S, float>) {
    return table.single;
  } else {
    return table.twice;
  }
}

}  // namespace nbm
