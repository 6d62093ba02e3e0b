#include "nbm/solution/grid_solver.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
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

// Where constants solve the homogeneous system, it is solved together with a source that is spread evenly over the box
// and makes up for what the data lack of balance, by quadrature and round-off: A u + (w.u) v = b, with w the shares of
// the nodes in the box and v the rows of a source of 1. Then w.u is that source, and u less its mean the solution.
class EvenSource {
 public:
  explicit EvenSource(const GridSystem& system) : share_(at(system.size())), source_(at(system.size())) {
    const index_t ny = system.nodes.y, nz = system.nodes.z;
    double volume = 0.0;
    for (index_t i = 0; i < system.size(); ++i) {
      share_[at(i)] = cell_share(system.nodes, {i / (ny * nz), i / nz % ny, i % nz});
      volume += share_[at(i)];
    }
    for (std::size_t i = 0; i < share_.size(); ++i) {
      source_[i] = share_[i] / system.diagonal[i];
      share_[i] /= volume;
    }
    volume_ = volume;
  }

  double mean(std::span<const double> u, ThreadPool& pool) const { return dot<double>(share_, u, pool); }
  // Of residuals: the even source that balances them.
  double owed(const GridSystem& system, std::span<const double> r, ThreadPool& pool) const {
    return dot<double>(system.diagonal, r, pool) / volume_;
  }
  void add(double strength, std::span<double> rows) const {
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] += strength * source_[i];
  }

 private:
  std::vector<double> share_, source_;
  double volume_ = 0.0;
};

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
  Multigrid multigrid(matrix, system.diagonal, pool, system.floating);
  std::optional<EvenSource> even;
  if (system.floating) even.emplace(system);
  const auto map = [&](std::span<const double> x, std::span<double> image) {
    multiply<double>(matrix, x, image, pool);
    if (even) even->add(even->mean(x, pool), image);
  };
  std::vector<double> balanced(even ? at(n) : 0);
  const auto precondition = [&](std::span<const double> b, std::span<double> x) {
    if (!even) return multigrid.apply(b, x);
    const double owed = even->owed(system, b, pool);
    std::copy(b.begin(), b.end(), balanced.begin());
    even->add(-owed, balanced);
    multigrid.apply(balanced, x);
    const double shift = owed - even->mean(x, pool);
    for (double& value : x) value += shift;
  };
  out.residuals = solve_gcr(map, system.rhs, out.values, precondition,
                            {.tolerance = options.tolerance, .most_steps = options.most_steps, .size = size}, pool);
  if (even) {
    const double mean = even->mean(out.values, pool);
    for (double& value : out.values) value -= mean;
  }
  if (!(out.residuals.back() <= 10.0 * options.tolerance)) {
    throw Error("the grid solver stopped at a relative residual of " + text_of(out.residuals.back()) + ", expected " +
                text_of(options.tolerance) + "; the problem is singular or nearly so, or its coefficients are extreme");
  }
  return out;
}

}  // namespace nbm
