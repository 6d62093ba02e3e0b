// Compiled once for each SIMD level: see cmake/NbmSources.cmake for what may be used here.
#include "solution/grid_kernels.hpp"

namespace nbm::NBM_SIMD_NAMESPACE {
namespace {

void add(const GridView& grid, PointsView points, double* values) {
  for (index_t i = 0; i < points.size; ++i)
    values[i] += interpolate_cubic(grid, {points.x[i], points.y[i], points.z[i]});
}

void add_gradient(const GridView& grid, PointsView points, double* values, double* const (&gradient)[kDim]) {
  for (index_t i = 0; i < points.size; ++i) {
    const ValueAndGradient here = interpolate_cubic_gradient(grid, {points.x[i], points.y[i], points.z[i]});
    values[i] += here.value;
    for (int k = 0; k < kDim; ++k) gradient[k][i] += here.gradient[k];
  }
}

}  // namespace

extern const GridKernels grid_kernels = {add, add_gradient};

}  // namespace nbm::NBM_SIMD_NAMESPACE
