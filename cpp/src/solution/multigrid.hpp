#pragma once
#include <memory>
#include <span>
#include <vector>

#include "solution/sparse_matrix.hpp"

namespace nbm {

// An approximate inverse of a sparse matrix by aggregation multigrid with K-cycles (Notay, Electron. Trans. Numer.
// Anal. 37, 2010): unknowns are joined along their strongest couplings, so that aggregates follow coefficients and
// interfaces without being told, and every coarse problem is solved by two steps of a Krylov method. In single
// precision: it is a preconditioner. Not linear in its argument: for flexible Krylov methods.
class Multigrid {
 public:
  // Row i of the matrix is scale[i] times smaller than the balance of fluxes that it states: coarse problems add
  // balances. Keeps the values in a precision of its own, but the structure by reference. Rows that hold their diagonal
  // alone (boundary values) are left out of the coarse problems. singular: constants are in the null space.
  Multigrid(const MatrixView<double>& matrix, std::span<const double> scale, ThreadPool& pool, bool singular = false);
  ~Multigrid();

  // correction = about A^-1 residual.
  void apply(std::span<const double> residual, std::span<double> correction);

  index_t levels() const;
  // Nonzeros of all levels over those of the first.
  double complexity() const;

 private:
  struct Level;
  struct Dense;
  void smooth_forward(Level& level);
  void smooth_backward(Level& level);
  void cycle(std::size_t depth);
  void solve_coarse(std::size_t depth);

  ThreadPool& pool_;
  std::vector<double> scale_;
  std::vector<std::unique_ptr<Level>> levels_;
  std::unique_ptr<Dense> coarsest_;
};

}  // namespace nbm
