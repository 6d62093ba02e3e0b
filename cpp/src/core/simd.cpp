#include "nbm/core/simd.hpp"

#include <cstdlib>

#include "nbm/core/error.hpp"

namespace nbm {
namespace {

SimdLevel widest_level() {
#if defined(NBM_SIMD_X86)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return SimdLevel::avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")) {
    return SimdLevel::avx2;
  }
#endif
  return SimdLevel::baseline;
}

SimdLevel chosen_level() {
  const SimdLevel widest = widest_level();
  const char* wanted = std::getenv("NBM_SIMD");
  if (wanted == nullptr || *wanted == '\0') return widest;
  for (const SimdLevel level : {SimdLevel::baseline, SimdLevel::avx2, SimdLevel::avx512}) {
    if (to_string(level) == wanted) return level < widest ? level : widest;
  }
  throw InvalidArgument("NBM_SIMD", "must be baseline, avx2 or avx512, got '" + std::string(wanted) + "'");
}

}  // namespace

SimdLevel simd_level() {
  static const SimdLevel level = chosen_level();
  return level;
}

std::string to_string(SimdLevel level) {
  switch (level) {
    case SimdLevel::avx512: return "avx512";
    case SimdLevel::avx2: return "avx2";
    case SimdLevel::baseline: break;
  }
  return "baseline";
}

}  // namespace nbm
