#include "nbm/solution/grid_solver.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>

#include "nbm/core/error.hpp"
#include "solution/krylov.hpp"
#include "solution/multigrid.hpp"
#include "solution/piece_modes.hpp"

namespace nbm {
namespace {

constexpr index_t kPatience = 60;        // steps: 15 to 40 are usual
constexpr double kModeTolerance = 1e-8;  // of the constants' solutions around their pieces

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

std::string text_of(double value) {
  std::ostringstream out;
  out.precision(2);
  out << value;
  return out.str();
}

double cells_of(const GridSystem& system) {
  return static_cast<double>((system.nodes.x - 1) * (system.nodes.y - 1) * (system.nodes.z - 1));
}

// What nodes have of the box.
std::vector<double> shares_of_nodes(const GridSystem& system) {
  const index_t ny = system.nodes.y, nz = system.nodes.z;
  const double cells = cells_of(system);
  std::vector<double> share(at(system.size()));
  for (index_t i = 0; i < system.size(); ++i) {
    share[at(i)] = cell_share(system.nodes, {i / (ny * nz), i / nz % ny, i % nz}) / cells;
  }
  return share;
}

// Constants, where no wall holds u to a value: only k and transfer coefficients do, if at all, and less than the single
// precision of the multigrid can tell. They are solved for by the balance of the whole box. Where nothing holds them,
// the system is solved together with a source that is spread evenly over the box and makes up for what the data lack of
// balance, by quadrature and round-off: A u + (w.u) v = b, with w the shares of the nodes in the box and v the rows of
// a source of 1. Then w.u is that source, and u less its mean the solution.
class Constants {
 public:
  Constants(const GridSystem& system, const MatrixView<double>& matrix, ThreadPool& pool)
      : system_(system),
        share_(shares_of_nodes(system)),
        balance_(system.diagonal),
        source_(at(system.size())),
        image_(at(system.size())) {
    for (const GridCopy& copy : system.copies) {
      share_[at(copy.of)] += share_[at(copy.node)];
      share_[at(copy.node)] = balance_[at(copy.node)] = 0.0;
    }
    const double cells = cells_of(system);
    for (std::size_t i = 0; i < share_.size(); ++i) source_[i] = cells * share_[i] / system.diagonal[i];
    multiply<double>(matrix, std::vector<double>(at(system.size()), 1.0), image_, pool);
    add_source(1.0, image_);
    clear_copies(image_);
    all_ = dot<double>(balance_, image_, pool);
  }

  double mean(std::span<const double> u, ThreadPool& pool) const { return dot<double>(share_, u, pool); }
  // The even source, if nothing holds constants.
  void add_source(double strength, std::span<double> rows) const {
    if (!system_.floating) return;
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] += strength * source_[i];
  }
  // The constant that balances residuals over the box, and what it makes of the rows.
  double balancing(std::span<const double> r, ThreadPool& pool) const { return dot<double>(balance_, r, pool) / all_; }
  void add_image(double constant, std::span<double> rows) const {
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] += constant * image_[i];
  }
  void add(double constant, std::span<double> u) const {
    for (double& value : u) value += constant;
    clear_copies(u);
  }

 private:
  // Rows of copies hold their own unknown alone, which is to stay 0 until the end: a constant is not one of theirs.
  void clear_copies(std::span<double> values) const {
    for (const GridCopy& copy : system_.copies) values[at(copy.node)] = 0.0;
  }

  const GridSystem& system_;
  std::vector<double> share_, balance_, source_, image_;  // balance_: the weights of the rows in that of the whole box
  double all_ = 0.0;
};

bool is_boundary(const GridSystem& system, index_t row) {
  return system.row_begin[at(row + 1)] - system.row_begin[at(row)] == 1;
}

bool has_boundary(const GridSystem& system) {
  std::size_t single = 0;
  for (index_t i = 0; i < system.size(); ++i) single += is_boundary(system, i) ? 1 : 0;
  return single > system.copies.size();
}

// Gives copies their values, and where nothing holds constants the mean 0.
void finish(const GridSystem& system, std::vector<double>& values, ThreadPool& pool) {
  for (const GridCopy& copy : system.copies) values[at(copy.node)] = values[at(copy.of)] + copy.jump;
  if (!system.floating) return;
  const double mean = dot<double>(shares_of_nodes(system), values, pool);
  for (double& value : values) value -= mean;
}

// Where that many steps were not enough, with the constants of well-conducting pieces apart.
void go_on(const GridSystem& system, const MatrixView<double>& matrix, const LinearMap& map,
           const Preconditioner& precondition, const KrylovOptions& options, GridNodes& out, ThreadPool& pool) {
  std::optional<PieceModes> modes;
  if (!system.floating) modes.emplace(system, matrix, kModeTolerance, pool);  // else they add up to the constant of all
  const auto with_modes = [&](std::span<const double> b, std::span<double> x) {
    if (!modes || modes->empty()) return precondition(b, x);
    modes->precondition(b, x, precondition);
  };
  const std::vector<double> more = solve_gcr(map, system.rhs, out.values, with_modes, options, pool);
  out.residuals.insert(out.residuals.end(), more.begin() + 1, more.end());
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
    finish(system, out.values, pool);
    out.residuals = {0.0};
    return out;
  }
  const bool held = has_boundary(system);
  Multigrid multigrid(matrix, system.diagonal, pool, !held);
  std::optional<Constants> constants;
  if (!held) constants.emplace(system, matrix, pool);
  const auto map = [&](std::span<const double> x, std::span<double> image) {
    multiply<double>(matrix, x, image, pool);
    if (constants) constants->add_source(constants->mean(x, pool), image);
  };
  std::vector<double> rest(held ? 0 : at(n));
  const auto precondition = [&](std::span<const double> b, std::span<double> x) {
    if (held) return multigrid.apply(b, x);
    std::copy(b.begin(), b.end(), rest.begin());
    constants->add_image(-constants->balancing(b, pool), rest);
    multigrid.apply(rest, x);
    map(x, rest);
    const double shift = constants->balancing(b, pool) - constants->balancing(rest, pool);
    constants->add(shift, x);
  };
  KrylovOptions krylov{
      .tolerance = options.tolerance, .most_steps = std::min(options.most_steps, kPatience), .size = size};
  out.residuals = solve_gcr(map, system.rhs, out.values, precondition, krylov, pool);
  if (!(out.residuals.back() <= options.tolerance) && options.most_steps > kPatience) {
    krylov.most_steps = options.most_steps - kPatience;
    go_on(system, matrix, map, precondition, krylov, out, pool);
  }
  finish(system, out.values, pool);
  if (!(out.residuals.back() <= 10.0 * options.tolerance)) {
    throw GridNotSolved("the grid solver stopped at a relative residual of " + text_of(out.residuals.back()) +
                        ", expected " + text_of(options.tolerance) +
                        "; the problem is singular or nearly so, or its coefficients are extreme");
  }
  return out;
}

}  // namespace nbm
