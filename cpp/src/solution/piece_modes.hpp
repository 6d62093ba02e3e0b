#pragma once
#include <vector>

#include "nbm/rows/grid_system.hpp"
#include "solution/krylov.hpp"

namespace nbm {

// The constants of pieces that conduct far better than what is around them: a source in such a piece lifts all of it,
// and only the bad conductor around holds it. Constants on aggregates of nodes cannot say so, since next to the
// interface u follows its slope there, so that multigrid alone stalls. Here each such piece has a vector of its own: 1
// in the piece, 0 in the others, and the solution without sources around them.
class PieceModes {
 public:
  static constexpr index_t kMostPieces = 48;  // each takes a solution of its own

  // For the pieces of the better conducting side that no wall holds; none where there are more than kMostPieces.
  PieceModes(const GridSystem& system, const MatrixView<double>& matrix, double tolerance, ThreadPool& pool);

  bool empty() const { return modes_.empty(); }

  // correction = about A^-1 residual: the constants by the balances of their pieces, the rest by `inner`.
  void precondition(std::span<const double> residual, std::span<double> correction, const Preconditioner& inner) const;

 private:
  struct Mode {
    std::vector<double> values, image;
    std::vector<index_t> nodes;  // of the piece and of the cut cells next to it, whose balances are added up
  };
  void find_pieces();
  void solve_around(double tolerance);
  std::vector<double> balances(std::span<const double> rows) const;
  // Of the small system of balances.
  std::vector<double> constants_for(std::vector<double> balances) const;

  const GridSystem& system_;
  const MatrixView<double>& matrix_;
  ThreadPool& pool_;
  std::vector<Mode> modes_;
  std::vector<double> balance_of_images_;  // [K, K]: row k: balance of piece k
};

}  // namespace nbm
