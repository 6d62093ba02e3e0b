#pragma once
#include "core/simd_table.hpp"
#include "nbm/network/siren_point.hpp"

// Network batches, compiled for each SIMD level (kernels.cpp). All memory is the caller's; `memory` is aligned to 64
// bytes and holds `pack_size` times the workspace of siren_point.hpp for kColumns columns.
namespace nbm {

constexpr int kValueColumns = 4;  // packs of points whose values are computed together

template <class S>
struct NetworkKernels {
  int pack_size;
  void (*values)(const SirenView<S>& net, const double* const x[kDim], index_t count, double* values, S* memory);
  void (*gradient)(const SirenView<S>& net, const double* const x[kDim], index_t count, double* values,
                   double* const gradient[kDim], S* memory);
  // out[quantity][i]; `memory` as for one column of kQuantities.
  void (*differences)(const SirenView<S>& net, const double* const x[kDim], index_t count,
                      double* const out[kQuantities], S* memory);
};

NBM_SIMD_TABLE(ByPrecision<NetworkKernels>, network_kernels);

}  // namespace nbm
