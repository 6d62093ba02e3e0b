// Compiled once for each SIMD level: see cmake/NbmSources.cmake for what may be used here.
#include "training/dense_kernels.hpp"

#include "nbm/core/pack.hpp"

namespace nbm::NBM_SIMD_NAMESPACE {
namespace {

using T = Pack<double, NBM_SIMD_BYTES>;

// A tile of Rows x Packs of the target stays in registers over the whole sum.
template <int Rows, int Packs>
NBM_HD void add_tile(double sign, const double* left, index_t left_stride, const double* right, index_t right_stride,
                     index_t depth, double* target, index_t target_stride) {
  T sums[Rows][Packs];
  NBM_UNROLL
  for (int r = 0; r < Rows; ++r) {
    NBM_UNROLL
    for (int p = 0; p < Packs; ++p) sums[r][p] = T(0.0);
  }
  for (index_t k = 0; k < depth; ++k) {
    T b[Packs];
    NBM_UNROLL
    for (int p = 0; p < Packs; ++p) b[p] = T::load(right + k * right_stride + p * T::size);
    NBM_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const T a(left[k * left_stride + r]);
      NBM_UNROLL
      for (int p = 0; p < Packs; ++p) sums[r][p] = sums[r][p] + a * b[p];
    }
  }
  NBM_UNROLL
  for (int r = 0; r < Rows; ++r) {
    NBM_UNROLL
    for (int p = 0; p < Packs; ++p) {
      double* to = target + r * target_stride + p * T::size;
      (T::load(to) + T(sign) * sums[r][p]).store(to);
    }
  }
}

void add_entries(double sign, const double* left, index_t left_stride, const double* right, index_t right_stride,
                 index_t depth, double* target, index_t target_stride, index_t rows, index_t columns) {
  for (index_t i = 0; i < rows; ++i) {
    for (index_t j = 0; j < columns; ++j) {
      double sum = 0;
      for (index_t k = 0; k < depth; ++k) sum += left[k * left_stride + i] * right[k * right_stride + j];
      target[i * target_stride + j] += sign * sum;
    }
  }
}

void add_product(double sign, const double* left, index_t left_stride, const double* right, index_t right_stride,
                 index_t depth, double* target, index_t target_stride, index_t rows, index_t columns) {
  constexpr int tile_rows = 8, packs = 3;
  constexpr index_t tile_columns = packs * T::size;
  index_t j = 0;
  for (; j + tile_columns <= columns; j += tile_columns) {
    index_t i = 0;
    for (; i + tile_rows <= rows; i += tile_rows) {
      add_tile<tile_rows, packs>(sign, left + i, left_stride, right + j, right_stride, depth,
                                 target + i * target_stride + j, target_stride);
    }
    for (; i < rows; ++i) {
      add_tile<1, packs>(sign, left + i, left_stride, right + j, right_stride, depth, target + i * target_stride + j,
                         target_stride);
    }
  }
  for (; j + T::size <= columns; j += T::size) {
    index_t i = 0;
    for (; i + tile_rows <= rows; i += tile_rows) {
      add_tile<tile_rows, 1>(sign, left + i, left_stride, right + j, right_stride, depth,
                             target + i * target_stride + j, target_stride);
    }
    for (; i < rows; ++i) {
      add_tile<1, 1>(sign, left + i, left_stride, right + j, right_stride, depth, target + i * target_stride + j,
                     target_stride);
    }
  }
  add_entries(sign, left, left_stride, right + j, right_stride, depth, target + j, target_stride, rows, columns - j);
}

bool factor(double* matrix, index_t stride, index_t n) {
  for (index_t k = 0; k < n; ++k) {
    double* row = matrix + k * stride;
    for (index_t l = 0; l < k; ++l) {
      const double* above = matrix + l * stride;
      const double scale = above[k];
      for (index_t j = k; j < n; ++j) row[j] -= scale * above[j];
    }
    if (!(row[k] > 0.0)) return false;
    const double inverse = 1.0 / __builtin_sqrt(row[k]);
    for (index_t j = k; j < n; ++j) row[j] *= inverse;
  }
  return true;
}

void solve_transposed(const double* factor, index_t stride, index_t n, double* right, index_t right_stride,
                      index_t columns) {
  for (index_t k = 0; k < n; ++k) {
    double* row = right + k * right_stride;
    for (index_t l = 0; l < k; ++l) {
      const double scale = factor[l * stride + k];
      const double* above = right + l * right_stride;
      for (index_t j = 0; j < columns; ++j) row[j] -= scale * above[j];
    }
    const double inverse = 1.0 / factor[k * stride + k];
    for (index_t j = 0; j < columns; ++j) row[j] *= inverse;
  }
}

}  // namespace

extern const DenseKernels dense_kernels = {add_product, factor, solve_transposed};

}  // namespace nbm::NBM_SIMD_NAMESPACE
