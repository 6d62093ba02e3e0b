#pragma once
#include <span>

#include "nbm/core/aligned_buffer.hpp"
#include "nbm/core/thread_pool.hpp"
#include "training/damped_diagonal.hpp"

namespace nbm {

// Blocked Cholesky solution of damped linear systems on a thread team. The blocks do not depend on the team.
class NBM_EXPORT DampedSolver {
 public:
  // Damped matrix times solution = -vector, by the upper triangle of matrix [n][n] row-major.
  // False unless the damped matrix is positive definite.
  bool solve(std::span<const double> matrix, std::span<const double> vector, DampedDiagonal damped,
             std::span<double> solution, ThreadPool& pool);
  // The two halves of it: keeps the factor of the damped matrix, and solves with the factor that is kept.
  bool factor(std::span<const double> matrix, index_t n, DampedDiagonal damped, ThreadPool& pool);
  void solve_factored(std::span<const double> vector, std::span<double> solution);

 private:
  bool factor_in_place(double* a, index_t n, ThreadPool& pool);

  AlignedBuffer<double> work_;
};

// target += sign * left' left on the upper triangle, left [depth][n], cut into tiles for the team.
void add_gram_matrix(double sign, const double* left, index_t left_stride, index_t depth, double* target,
                     index_t target_stride, index_t n, ThreadPool& pool);
// target += left' right, left [depth][rows], right [depth][columns].
void add_product(const double* left, index_t left_stride, const double* right, index_t right_stride, index_t depth,
                 double* target, index_t target_stride, index_t rows, index_t columns, ThreadPool& pool);

}  // namespace nbm
