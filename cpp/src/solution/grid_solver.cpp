#include "nbm/solution/grid_solver.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "nbm/core/error.hpp"
#include "solution/krylov.hpp"
#include "solution/multigrid.hpp"

namespace nbm {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

std::string text_of(double value) {
  std::ostringstream out;
  out.precision(2);
  out << value;
  return out.str();
}

bool is_boundary(const GridSystem& system, index_t row) {
  return system.row_begin[at(row + 1)] - system.row_begin[at(row)] == 1;
}

}  // namespace

void GridSolverOptions::validate() const {
  if (!(tolerance > 0.0 && tolerance < 1.0)) {
    throw InvalidArgument("tolerance", "got " + text_of(tolerance) + ", expected a number between 0 and 1");
  }
  if (most_steps < 1) throw InvalidArgument("most_steps", "must be positive, got " + std::to_string(most_steps));
}

GridNodes solve_grid_system(const GridSystem& system, const GridSolverOptions& options, ThreadPool& pool) {
  options.validate();
  const index_t n = system.size();
  const MatrixView<double> matrix = {n, system.row_begin.data(), system.column.data(), system.value.data()};
  GridNodes out;
  out.values.assign(at(n), 0.0);
  for (index_t i = 0; i < n; ++i) {
    if (is_boundary(system, i)) out.values[at(i)] = system.rhs[at(i)];
  }
  // Boundary values satisfy their rows from the start: what is left to solve for has the norm of the first residual.
  std::vector<double> r(at(n));
  residual<double>(matrix, system.rhs, out.values, r, pool);
  const double size = std::sqrt(dot<double>(r, r, pool));
  if (size == 0.0) {
    out.residuals = {0.0};
    return out;
  }
  Multigrid multigrid(matrix, system.diagonal, pool);
  const auto precondition = [&](std::span<const double> b, std::span<double> x) { multigrid.apply(b, x); };
  out.residuals = solve_gcr(matrix, system.rhs, out.values, precondition,
                            {.tolerance = options.tolerance, .most_steps = options.most_steps, .size = size}, pool);
  if (!(out.residuals.back() <= 10.0 * options.tolerance)) {
    throw Error("the grid solver stopped at a relative residual of " + text_of(out.residuals.back()) + ", expected " +
                text_of(options.tolerance) + "; the problem is singular or nearly so, or its coefficients are extreme");
  }
  return out;
}

}  // namespace nbm
