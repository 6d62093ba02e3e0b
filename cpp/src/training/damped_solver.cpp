#include "training/damped_solver.hpp"

#include <algorithm>

#include "training/dense_kernels.hpp"

namespace nbm {
namespace {

constexpr index_t kTile = 96;  // edge of a tile of the target
static_assert(kTile <= kProductRows && kTile <= kProductColumns);
constexpr index_t kBlock = 64;  // columns eliminated together

double* product_workspace() {
  thread_local AlignedBuffer<double> memory;
  return memory.reserve(kProductWorkspace);
}

index_t tiles_in(index_t n) { return (n + kTile - 1) / kTile; }

}  // namespace

void add_gram_matrix(double sign, const double* left, index_t left_stride, index_t depth, double* target,
                     index_t target_stride, index_t n, ThreadPool& pool) {
  const DenseKernels& kernels = dense_kernels();
  const index_t tiles = tiles_in(n);
  pool.run(tiles * tiles, [&](index_t task) {
    const index_t i = task / tiles * kTile, j = task % tiles * kTile;
    if (j < i) return;
    kernels.add_product(sign, left + i, left_stride, left + j, left_stride, depth, target + i * target_stride + j,
                        target_stride, std::min(kTile, n - i), std::min(kTile, n - j), product_workspace());
  });
}

void add_product(const double* left, index_t left_stride, const double* right, index_t right_stride, index_t depth,
                 double* target, index_t target_stride, index_t rows, index_t columns, ThreadPool& pool) {
  const DenseKernels& kernels = dense_kernels();
  const index_t across = tiles_in(columns);
  pool.run(tiles_in(rows) * across, [&](index_t task) {
    const index_t i = task / across * kTile, j = task % across * kTile;
    kernels.add_product(1.0, left + i, left_stride, right + j, right_stride, depth, target + i * target_stride + j,
                        target_stride, std::min(kTile, rows - i), std::min(kTile, columns - j), product_workspace());
  });
}

bool DampedSolver::factor_in_place(double* a, index_t n, ThreadPool& pool) {
  const DenseKernels& kernels = dense_kernels();
  for (index_t k = 0; k < n; k += kBlock) {
    const index_t block = std::min(kBlock, n - k), rest = n - k - block;
    double* diagonal = a + k * n + k;
    if (!kernels.factor(diagonal, n, block)) return false;
    double* panel = diagonal + block;
    pool.run(tiles_in(rest), [&](index_t task) {
      const index_t j = task * kTile;
      kernels.solve_transposed(diagonal, n, block, panel + j, n, std::min(kTile, rest - j));
    });
    add_gram_matrix(-1.0, panel, n, block, panel + block * n, n, rest, pool);
  }
  return true;
}

bool DampedSolver::factor(std::span<const double> matrix, index_t n, DampedDiagonal damped, ThreadPool& pool) {
  double* a = work_.reserve(n * n);
  std::copy(matrix.begin(), matrix.end(), a);
  for (index_t i = 0; i < n; ++i) a[i * n + i] = damped(a[i * n + i]);
  return factor_in_place(a, n, pool);
}

void DampedSolver::solve_factored(std::span<const double> vector, std::span<double> solution) {
  const auto n = static_cast<index_t>(vector.size());
  const double* a = work_.data();
  double* x = solution.data();
  for (index_t i = 0; i < n; ++i) x[i] = -vector[static_cast<std::size_t>(i)];
  dense_kernels().solve_transposed(a, n, n, x, 1, 1);
  for (index_t i = n - 1; i >= 0; --i) {
    double sum = x[i];
    for (index_t j = i + 1; j < n; ++j) sum -= a[i * n + j] * x[j];
    x[i] = sum / a[i * n + i];
  }
}

bool DampedSolver::solve(std::span<const double> matrix, std::span<const double> vector, DampedDiagonal damped,
                         std::span<double> solution, ThreadPool& pool) {
  if (!factor(matrix, static_cast<index_t>(vector.size()), damped, pool)) return false;
  solve_factored(vector, solution);
  return true;
}

}  // namespace nbm
