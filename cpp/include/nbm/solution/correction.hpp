#pragma once
#include "nbm/solution/grid_solver.hpp"
#include "nbm/solution/solution.hpp"

namespace nbm {

// The classical solution of a problem on the nodes of a uniform grid, and as a function on the box.
struct NBM_EXPORT GridSolution {
  Solution solution;               // one-sided everywhere; its networks are 0
  Vec3<index_t> nodes;             // an axis: cells + 1
  std::vector<double> values;      // [n] u at the nodes, each on its own side
  std::vector<std::uint8_t> side;  // [n]
  std::vector<double> residuals;   // of the linear system, as GridNodes has them
};

// Solves on cells.x by cells.y by cells.z cells (docs/method.md, section 9). Errors as of assemble_grid_system and
// solve_grid_system.
NBM_EXPORT GridSolution solve_on_grid(const Problem& problem, Vec3<index_t> cells, const GridSolverOptions& options,
                                      ThreadPool& pool);

// The problem for e = u - (the networks of a solution): the same k, mu, interface and box, and the continuous residuals
// of the networks as data (docs/method.md, section 9). Its fields are host functions that keep copies of both.
NBM_EXPORT Problem residual_problem(const Problem& problem, const Solution& solution);

// The given jump of the flux less that of a solution without its correction, at points on or next to the interface
// and along these normals (minus to plus), as a triangulation has them. [n]
NBM_EXPORT std::vector<double> owed_flux(const Problem& problem, const Solution& solution, const Points& points,
                                         const Points& normals, ThreadPool& pool);

// The solution with e, solved for on a grid of `cells`, as its correction, in place of one that it may have. Errors as
// of solve_on_grid; InvalidArgument where the problem has another box than the solution.
NBM_EXPORT Solution correct(const Problem& problem, const Solution& solution, Vec3<index_t> cells,
                            const GridSolverOptions& options, ThreadPool& pool);

}  // namespace nbm
