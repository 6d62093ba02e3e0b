#pragma once
#include <vector>

#include "nbm/rows/grid_system.hpp"

namespace nbm {

struct NBM_EXPORT GridSolverOptions {
  double tolerance = 1e-10;  // norm of the residual over that of the right side, rows divided by their diagonals
  index_t most_steps = 300;
  bool balanced = true;  // whether data that lack balance are refused (require_balance); else an even source makes up

  void validate() const;
};

// u at the nodes of a GridSystem.
struct GridNodes {
  std::vector<double> values;     // [n]
  std::vector<double> residuals;  // relative norms, one a step; the last is that of `values`, computed afresh
};

// Solves the rows on a grid by a Krylov method with aggregation multigrid. The same bits for any team. Throws Error
// where the tolerance is not reached: the problem is then singular or nearly so (such as k at minus an eigenvalue), or
// its coefficients are beyond double precision.
NBM_EXPORT GridNodes solve_grid_system(const GridSystem& system, const GridSolverOptions& options, ThreadPool& pool);

}  // namespace nbm
