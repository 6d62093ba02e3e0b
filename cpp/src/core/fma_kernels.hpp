#pragma once
#include "core/simd_table.hpp"
#include "nbm/core/types.hpp"

namespace nbm {

// `rounds` rounds of multiply-adds on registers. Returns the operations done; `sink` keeps them from being left out.
template <class S>
struct FmaKernels {
  double (*run)(index_t rounds, S* sink);
};

NBM_SIMD_TABLE(ByPrecision<FmaKernels>, fma_kernels);

}  // namespace nbm
