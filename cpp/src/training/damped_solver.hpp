#pragma once
#include <span>

#include "nbm/core/aligned_buffer.hpp"
#include "nbm/core/thread_pool.hpp"

namespace nbm {

// Blocked Cholesky solution of the damped normal equations on a thread team. The blocks do not depend on the team.
class DampedSolver {
 public:
  // (matrix + damping diag(matrix)) solution = -vector, by the upper triangle of matrix [n][n] row-major. A parameter
  // that no row depends on (zero diagonal) stays where it is. False unless the sum is positive definite.
  bool solve(std::span<const double> matrix, std::span<const double> vector, double damping, std::span<double> solution,
             ThreadPool& pool);

 private:
  bool factor(double* a, index_t n, ThreadPool& pool);

  AlignedBuffer<double> work_;
};

// target += sign * left' left on the upper triangle, left [depth][n], cut into tiles for the team.
void add_gram_matrix(double sign, const double* left, index_t left_stride, index_t depth, double* target,
                     index_t target_stride, index_t n, ThreadPool& pool);
// target += left' right, left [depth][rows], right [depth][columns].
void add_product(const double* left, index_t left_stride, const double* right, index_t right_stride, index_t depth,
                 double* target, index_t target_stride, index_t rows, index_t columns, ThreadPool& pool);

}  // namespace nbm
