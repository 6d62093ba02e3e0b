// Compiled once for each SIMD level: see cmake/NbmSources.cmake for what may be used here.
#include "training/dense_kernels.hpp"

#include "nbm/core/pack.hpp"

namespace nbm::NBM_SIMD_NAMESPACE {
namespace {

using T = Pack<double, NBM_SIMD_BYTES>;

// A tile of the target stays in registers over the whole sum: its sums and a row of the right operand fill the 32
// vector registers of AVX-512, or the 16 of the levels below.
constexpr int kTileRows = NBM_SIMD_BYTES == 64 ? 8 : 4, kTilePacks = 3;
constexpr index_t kTileColumns = kTilePacks * T::size;
static_assert(kProductRows % kTileRows == 0 && kProductColumns % kTileColumns == 0);

// Copies from[k][i], k < depth, i < count, into strips that follow each other in memory: to[strip][k][i within strip],
// the last strip filled up with zeros. The sums then read memory in order, whatever the stride of the matrix.
template <index_t Width>
NBM_HD void pack(const double* from, index_t stride, index_t depth, index_t count, double* to) {
  for (index_t first = 0; first < count; first += Width) {
    const index_t width = count - first < Width ? count - first : Width;
    for (index_t k = 0; k < depth; ++k) {
      const double* row = from + k * stride + first;
      if (width == Width) {
        NBM_UNROLL
        for (index_t i = 0; i < Width; i += T::size) T::load(row + i).store(to + i);
      } else {
        for (index_t i = 0; i < Width; ++i) to[i] = i < width ? row[i] : 0.0;
      }
      to += Width;
    }
  }
}

// sums[r][p] = sum_k left[k][r] right[k][p] over packed strips.
NBM_HD void multiply_strips(const double* left, const double* right, index_t depth, T (&sums)[kTileRows][kTilePacks]) {
  NBM_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    NBM_UNROLL
    for (int p = 0; p < kTilePacks; ++p) sums[r][p] = T(0.0);
  }
  for (index_t k = 0; k < depth; ++k) {
    T b[kTilePacks];
    NBM_UNROLL
    for (int p = 0; p < kTilePacks; ++p) b[p] = T::load(right + k * kTileColumns + p * T::size);
    NBM_UNROLL
    for (int r = 0; r < kTileRows; ++r) {
      const T a(left[k * kTileRows + r]);
      NBM_UNROLL
      for (int p = 0; p < kTilePacks; ++p) sums[r][p] = sums[r][p] + a * b[p];
    }
  }
}

NBM_HD void add_tile(double sign, const T (&sums)[kTileRows][kTilePacks], double* target, index_t stride) {
  NBM_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    NBM_UNROLL
    for (int p = 0; p < kTilePacks; ++p) {
      double* to = target + r * stride + p * T::size;
      (T::load(to) + T(sign) * sums[r][p]).store(to);
    }
  }
}

// The first rows and columns of a tile alone.
NBM_HD void add_part_of_tile(double sign, const T (&sums)[kTileRows][kTilePacks], double* target, index_t stride,
                             index_t rows, index_t columns) {
  for (index_t r = 0; r < rows; ++r) {
    double row[kTileColumns];
    for (int p = 0; p < kTilePacks; ++p) sums[r][p].store(row + p * T::size);
    for (index_t j = 0; j < columns; ++j) target[r * stride + j] += sign * row[j];
  }
}

void add_product(double sign, const double* left, index_t left_stride, const double* right, index_t right_stride,
                 index_t depth, double* target, index_t target_stride, index_t rows, index_t columns,
                 double* workspace) {
  double* const left_strips = workspace;
  double* const right_strips = workspace + kProductRows * kProductDepth;
  for (index_t first = 0; first < depth; first += kProductDepth) {
    const index_t some = depth - first < kProductDepth ? depth - first : kProductDepth;
    pack<kTileRows>(left + first * left_stride, left_stride, some, rows, left_strips);
    pack<kTileColumns>(right + first * right_stride, right_stride, some, columns, right_strips);
    for (index_t j = 0; j < columns; j += kTileColumns) {
      for (index_t i = 0; i < rows; i += kTileRows) {
        T sums[kTileRows][kTilePacks];
        multiply_strips(left_strips + i * some, right_strips + j * some, some, sums);
        double* to = target + i * target_stride + j;
        if (i + kTileRows <= rows && j + kTileColumns <= columns) {
          add_tile(sign, sums, to, target_stride);
        } else {
          add_part_of_tile(sign, sums, to, target_stride, rows - i < kTileRows ? rows - i : kTileRows,
                           columns - j < kTileColumns ? columns - j : kTileColumns);
        }
      }
    }
  }
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
