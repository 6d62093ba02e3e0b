#include "nbm/solution/error_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "nbm/core/error.hpp"
#include "nbm/solution/correction.hpp"
#include "solution/unseen.hpp"

namespace nbm {
namespace {

constexpr index_t kLeastCells = 16;
constexpr double kTolerance = 1e-8;  // of the linear systems
constexpr double kMargin = 2.0;      // where the grid converges more slowly than by its second order
constexpr double kMatters = 0.1;     // of the rest of an estimate: a part of less is not looked at closely
constexpr double kIndefinite = 10;   // the same where k < 0: near an eigenvalue both grids are off by another factor

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Over the box, by the trapezoidal rule on the nodes of a grid.
double root_mean_square(const std::vector<double>& values, Vec3<index_t> cells) {
  double squares = 0.0, weights = 0.0;
  std::size_t n = 0;
  for (index_t i = 0; i <= cells.x; ++i) {
    for (index_t j = 0; j <= cells.y; ++j) {
      for (index_t k = 0; k <= cells.z; ++k, ++n) {
        const int walls = (i % cells.x == 0) + (j % cells.y == 0) + (k % cells.z == 0);
        const double weight = 1.0 / (1 << walls);
        squares += weight * values[n] * values[n];
        weights += weight;
      }
    }
  }
  return std::sqrt(squares / weights);
}

double standard_deviation(const std::vector<double>& values) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double squares = 0.0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

double largest(const std::vector<double>& values) {
  double most = 0.0;
  for (const double v : values) most = std::max(most, std::abs(v));
  return most;
}

Points nodes_of(const Box& box, Vec3<index_t> cells) {
  Points points((cells.x + 1) * (cells.y + 1) * (cells.z + 1));
  for (index_t n = 0; n < points.size(); ++n) {
    const Vec3<double> place = {static_cast<double>(n / ((cells.y + 1) * (cells.z + 1))),
                                static_cast<double>(n / (cells.z + 1) % (cells.y + 1)),
                                static_cast<double>(n % (cells.z + 1))};
    points.set(n, grid_node(box, cells, place));
  }
  return points;
}

// Those of the values on a grid of twice as many cells that are at the nodes of this one.
std::vector<double> at_every_other(const std::vector<double>& fine, Vec3<index_t> cells) {
  std::vector<double> values;
  for (index_t i = 0; i <= cells.x; ++i) {
    for (index_t j = 0; j <= cells.y; ++j) {
      for (index_t k = 0; k <= cells.z; ++k) {
        values.push_back(fine[at((2 * i * (2 * cells.y + 1) + 2 * j) * (2 * cells.z + 1) + 2 * k)]);
      }
    }
  }
  return values;
}

bool has_negative_k(const Problem& problem, const Points& nodes) {
  for (const Side side : {Side::minus, Side::plus}) {
    const Field& k = problem.medium(side).k;
    if (const double* constant = k.constant()) {
      if (*constant < 0.0) return true;
      continue;
    }
    std::vector<double> values(nodes.x.size());
    k.evaluate(nodes.view(), values);
    if (std::any_of(values.begin(), values.end(), [](double v) { return v < 0.0; })) return true;
  }
  return false;
}

}  // namespace

void ErrorEstimate::add_up() { rms = missing + std::hypot(kMargin * change, std::hypot(unseen_sources, unseen_flux)); }

Vec3<index_t> grid_cells(const Box& box, index_t cells) {
  const Vec3<double> edge = box.edge();
  const double longest = std::max({edge.x, edge.y, edge.z});
  Vec3<index_t> count;
  for (int k = 0; k < kDim; ++k) {
    const auto even = 2 * static_cast<index_t>(std::lround(0.5 * static_cast<double>(cells) * edge[k] / longest));
    count[k] = std::max(kLeastCells, even);
  }
  return count;
}

ErrorEstimate estimate_error(const Problem& problem, const Solution& solution, index_t cells, ThreadPool& pool) {
  return estimate_error(problem, InterfaceSampler(problem.box, problem.level_set, pool), solution, cells, pool);
}

ErrorEstimate estimate_error(const Problem& problem, const InterfaceSampler& interface, const Solution& solution,
                             index_t cells, ThreadPool& pool) {
  const Vec3<index_t> fine_cells = grid_cells(problem.box, cells);
  const Vec3<index_t> coarse_cells = {fine_cells.x / 2, fine_cells.y / 2, fine_cells.z / 2};
  const Solution base = solution.uncorrected();
  const Problem residual = residual_problem(problem, base);
  const GridSolverOptions options{.tolerance = kTolerance, .balanced = false};
  const GridSolution fine = solve_on_grid(residual, fine_cells, options, pool);
  const GridSolution coarse = solve_on_grid(residual, coarse_cells, options, pool);

  const Points nodes = nodes_of(problem.box, fine_cells);
  std::vector<double> u(at(nodes.size()));
  base.evaluate(nodes.view(), u, pool);
  std::vector<double> own = u;
  if (solution.correction() != nullptr) solution.evaluate(nodes.view(), own, pool);
  std::vector<double> missing(u.size());
  ErrorEstimate estimate{.cells = fine_cells, .correction = *fine.solution.correction()};
  estimate.lower = estimate.upper = u.front() + fine.values.front();
  for (std::size_t i = 0; i < u.size(); ++i) {
    const double better = u[i] + fine.values[i];
    missing[i] = better - own[i];
    estimate.lower = std::min(estimate.lower, better);
    estimate.upper = std::max(estimate.upper, better);
    u[i] = better;
  }
  estimate.deviation = standard_deviation(u);
  std::vector<double> change = at_every_other(fine.values, coarse_cells);
  for (std::size_t i = 0; i < change.size(); ++i) change[i] -= coarse.values[i];
  estimate.missing = root_mean_square(missing, fine_cells);
  estimate.change = root_mean_square(change, coarse_cells);
  estimate.max = largest(missing) + kMargin * largest(change);
  if (has_negative_k(problem, nodes)) estimate.change *= kIndefinite;
  const Unseen sources = unseen_sources(problem, fine_cells, pool);
  estimate.unseen_sources = sources.rms;
  estimate.source_place = sources.place;
  const double matters = kMatters * (estimate.missing + kMargin * estimate.change);
  const Unseen flux = nbm::unseen_flux(problem, interface, base, fine_cells, matters, pool);
  estimate.unseen_flux = flux.rms;
  estimate.flux_place = flux.place;
  estimate.add_up();
  return estimate;
}

}  // namespace nbm
