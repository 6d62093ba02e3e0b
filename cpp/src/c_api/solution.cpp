#include "c_api/handles.hpp"
#include "nbm/core/thread_pool.hpp"
#include "nbm/solution/correction.hpp"
#include "nbm/solution/solve.hpp"

using nbm::c_api::guarded;
using nbm::c_api::require_given;

namespace {

nbm::PointsView points_of(int64_t count, const double* x, const double* y, const double* z) {
  if (count < 0) throw nbm::InvalidArgument("count", "must not be negative, got " + std::to_string(count));
  if (count > 0) {
    require_given(x, "x");
    require_given(y, "y");
    require_given(z, "z");
  }
  return {x, y, z, count};
}

std::span<double> output(double* values, int64_t count, const char* name) {
  if (count > 0) require_given(values, name);
  return {values, static_cast<std::size_t>(count)};
}

}  // namespace

nbm_status nbm_solve(const nbm_problem* problem, uint64_t seed, int32_t threads, nbm_estimate* estimate,
                     nbm_solution** solution) {
  return guarded([&] {
    require_given(problem, "problem");
    require_given(solution, "solution");
    nbm::ThreadPool pool(threads);
    nbm::SolveReport report;
    *solution = new nbm_solution{nbm::solve(problem->problem, {.seed = seed}, pool, report)};
    if (estimate == nullptr) return;
    const nbm::ErrorEstimate& found = report.estimate;
    *estimate = {found.rms, found.range(), found.unseen_sources, found.unseen_flux};
  });
}

void nbm_solution_destroy(nbm_solution* solution) { delete solution; }

nbm_status nbm_solve_on_grid(const nbm_problem* problem, const int64_t cells[3], double tolerance, int32_t threads,
                             nbm_solution** solution) {
  return guarded([&] {
    require_given(problem, "problem");
    require_given(cells, "cells");
    require_given(solution, "solution");
    nbm::ThreadPool pool(threads);
    const nbm::GridSolverOptions options{.tolerance = tolerance};
    *solution =
        new nbm_solution{nbm::solve_on_grid(problem->problem, {cells[0], cells[1], cells[2]}, options, pool).solution};
  });
}

nbm_status nbm_solution_correct(const nbm_problem* problem, const nbm_solution* solution, const int64_t cells[3],
                                double tolerance, int32_t threads, nbm_solution** corrected) {
  return guarded([&] {
    require_given(problem, "problem");
    require_given(solution, "solution");
    require_given(cells, "cells");
    require_given(corrected, "corrected");
    nbm::ThreadPool pool(threads);
    const nbm::GridSolverOptions options{.tolerance = tolerance};
    *corrected = new nbm_solution{
        nbm::correct(problem->problem, solution->solution, {cells[0], cells[1], cells[2]}, options, pool)};
  });
}

nbm_status nbm_solution_save(const nbm_solution* solution, const char* path) {
  return guarded([&] {
    require_given(solution, "solution");
    require_given(path, "path");
    solution->solution.save(path);
  });
}

nbm_status nbm_solution_load(const char* path, nbm_solution** solution) {
  return guarded([&] {
    require_given(path, "path");
    require_given(solution, "solution");
    *solution = new nbm_solution{nbm::Solution::load(path)};
  });
}

nbm_status nbm_solution_evaluate(const nbm_solution* solution, int64_t count, const double* x, const double* y,
                                 const double* z, int32_t threads, double* values) {
  return guarded([&] {
    require_given(solution, "solution");
    const nbm::PointsView points = points_of(count, x, y, z);
    nbm::ThreadPool pool(threads);
    solution->solution.evaluate(points, output(values, count, "values"), pool);
  });
}

nbm_status nbm_solution_evaluate_gradient(const nbm_solution* solution, int64_t count, const double* x, const double* y,
                                          const double* z, int32_t threads, double* values, double* gradient_x,
                                          double* gradient_y, double* gradient_z) {
  return guarded([&] {
    require_given(solution, "solution");
    const nbm::PointsView points = points_of(count, x, y, z);
    const nbm::Solution::Gradient gradient = {output(gradient_x, count, "gradient_x"),
                                              output(gradient_y, count, "gradient_y"),
                                              output(gradient_z, count, "gradient_z")};
    nbm::ThreadPool pool(threads);
    solution->solution.evaluate_gradient(points, output(values, count, "values"), gradient, pool);
  });
}
