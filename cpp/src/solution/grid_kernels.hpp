#pragma once
#include "core/simd_table.hpp"
#include "nbm/core/points.hpp"
#include "nbm/problem/grid_interpolation.hpp"

// Cubic interpolation at many points, compiled for each SIMD level (grid_kernels.cpp).
namespace nbm {

struct GridKernels {
  // Adds the interpolant at points to `values`, and its gradient by the coordinates of the points to `gradient`.
  void (*add)(const GridView& grid, PointsView points, double* values);
  void (*add_gradient)(const GridView& grid, PointsView points, double* values, double* const (&gradient)[kDim]);
};

NBM_SIMD_TABLE(GridKernels, grid_kernels);

}  // namespace nbm
