#pragma once
#include "nbm/core/macros.hpp"

namespace nbm {

class ThreadPool;

// Floating-point operations a second that a team reaches in a loop of independent multiply-adds in registers, at the
// vector width of simd_level(): the roof of every kernel's figure. Takes about 0.2 s.
NBM_EXPORT double measure_fma_peak(bool single_precision, ThreadPool& pool);

}  // namespace nbm
