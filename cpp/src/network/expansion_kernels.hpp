#pragma once
#include <cstdint>

#include "core/simd_table.hpp"
#include "nbm/network/feature_point.hpp"

// Loops over the basis functions of a piece, compiled for each SIMD level (expansion_kernels.cpp): a lane holds one.
namespace nbm {

// Sources [begin, end) with one mask of images.
struct SourceGroup {
  index_t begin, end;
  std::uint8_t mirrors;
};

// PieceBasis as pointers.
struct BasisView {
  double center[kDim], stretch[kDim];  // local = (x - center) * stretch
  index_t sines, sources, groups;
  const double* wave[kDim];
  const double* phase;
  double decay;
  const double* at[kDim];
  const double* mirrored[kDim];
  const double* reach;
  const SourceGroup* group;
};

// A row: value u + sum_k (first_k du/dx_k + second_k d2u/dx_k2).
struct RowWeights {
  double value, first[kDim], second[kDim];
};

struct ExpansionKernels {
  // row[j] = what the row makes of basis function j, in the order of the coefficients.
  void (*row)(const BasisView& basis, const double (&x)[kDim], const RowWeights& weights, double* row);
  // The sum of coefficients times basis functions.
  Jet<double> (*sum)(const BasisView& basis, const double* coefficients, const double (&x)[kDim]);
};

NBM_SIMD_TABLE(ExpansionKernels, expansion_kernels);

}  // namespace nbm
