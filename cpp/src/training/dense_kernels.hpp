#pragma once
#include "core/simd_table.hpp"
#include "nbm/core/types.hpp"

// Dense linear algebra of the Gauss-Newton step, compiled for each SIMD level. Matrices are row-major.
namespace nbm {

// The largest target of a product, and as much of its depth as is copied for the cache at once.
inline constexpr index_t kProductRows = 96, kProductColumns = 96, kProductDepth = 128;
inline constexpr index_t kProductWorkspace = (kProductRows + kProductColumns) * kProductDepth;

struct DenseKernels {
  // target[i][j] += sign * sum_k left[k][i] right[k][j] for i < rows, j < columns, k < depth.
  // workspace: [kProductWorkspace], aligned.
  void (*add_product)(double sign, const double* left, index_t left_stride, const double* right, index_t right_stride,
                      index_t depth, double* target, index_t target_stride, index_t rows, index_t columns,
                      double* workspace);
  // Overwrites the upper triangle of `matrix` [n][n] by R with R'R = matrix; false unless it is positive definite.
  bool (*factor)(double* matrix, index_t stride, index_t n);
  // Overwrites `right` [n][columns] by the solution of R' X = right.
  void (*solve_transposed)(const double* factor, index_t stride, index_t n, double* right, index_t right_stride,
                           index_t columns);
};

NBM_SIMD_TABLE(DenseKernels, dense_kernels);

}  // namespace nbm
