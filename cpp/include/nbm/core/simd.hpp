#pragma once
#include <string>

#include "nbm/core/macros.hpp"

// Hot loops are compiled once for each instruction set (cpp/cmake/NbmSimd.cmake) and chosen at run time.
// A source file compiled that way sees NBM_SIMD_NAMESPACE (its own namespace) and NBM_SIMD_BYTES (vector width).
namespace nbm {

enum class SimdLevel { baseline = 0, avx2 = 1, avx512 = 2 };

// The widest level that this processor runs; the environment variable NBM_SIMD = baseline | avx2 | avx512 lowers it.
NBM_EXPORT SimdLevel simd_level();
NBM_EXPORT std::string to_string(SimdLevel level);

}  // namespace nbm
