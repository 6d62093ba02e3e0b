#pragma once
#include "core/simd_table.hpp"
#include "nbm/core/points.hpp"
#include "nbm/network/basis_point.hpp"

// Loops over the basis functions of a piece, compiled for each SIMD level (expansion_kernels.cpp).
namespace nbm {

// A row: value u + sum_k (first_k du/dx_k + second_k d2u/dx_k2).
struct RowWeights {
  double value, first[kDim], second[kDim];
};

struct ExpansionKernels {
  // row[j] = what the row makes of basis function j, in the order of the coefficients: a lane holds one.
  void (*row)(const BasisView& basis, const double (&x)[kDim], const RowWeights& weights, double* row);
  // The sum of coefficients times basis functions at points, with as many derivatives as wanted (0, 1 or 2; the others
  // are 0): a lane holds a point, so that its jet depends on nothing else.
  void (*sum)(const BasisView& basis, const double* coefficients, PointsView x, int derivatives, Jet<double>* jets);
};

NBM_SIMD_TABLE(ExpansionKernels, expansion_kernels);

}  // namespace nbm
