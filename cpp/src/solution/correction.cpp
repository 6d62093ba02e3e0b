#include "nbm/solution/correction.hpp"

#include <memory>
#include <string>

#include "nbm/core/error.hpp"
#include "solution/one_sided.hpp"
#include "solution/residual.hpp"

namespace nbm {
namespace {

std::string text_of(Vec3<index_t> cells) {
  return std::to_string(cells.x) + " " + std::to_string(cells.y) + " " + std::to_string(cells.z);
}

struct Solved {
  GridSystem system;
  GridNodes nodes;
  SidedGrid grid;
};

Solved solve(const Problem& problem, Vec3<index_t> cells, const GridSolverOptions& options, ThreadPool& pool,
             const KnownPart* known = nullptr) {
  options.validate();
  GridSystem system = assemble_grid_system(problem, cells, pool, known);
  GridNodes nodes = solve_grid_system(system, options, pool);
  SidedGrid grid(problem.box, system.nodes, one_sided_values(problem, system, nodes.values, pool));
  return {std::move(system), std::move(nodes), std::move(grid)};
}

std::shared_ptr<const Residual> residual_of(const Problem& problem, const Solution& solution) {
  if (!(problem.box == solution.box())) {
    throw InvalidArgument("problem", "has another box than the solution: expected the problem that was solved");
  }
  if (solution.uncorrected().is_zero()) return nullptr;
  return std::make_shared<const Residual>(problem, solution);
}

// The problem for e; `residual` may be null where the solution is 0.
Problem error_problem(const Problem& problem, const std::shared_ptr<const Residual>& residual) {
  if (!residual) return problem;
  Problem out = problem;
  for (const Side side : {Side::minus, Side::plus}) {
    Medium& medium = side == Side::minus ? out.minus : out.plus;
    medium.f = Field(FieldCallback([=](PointsView p, std::span<double> v) { residual->source(side, p, v); }));
    medium.boundary = Field(FieldCallback([=](PointsView p, std::span<double> v) { residual->boundary(side, p, v); }));
  }
  for (int face = 0; face < kBoxFaces; ++face) {
    Wall& wall = out.walls[static_cast<std::size_t>(face)];
    if (wall.gives_u) continue;
    for (const Side side : {Side::minus, Side::plus}) {
      WallLaw& law = wall.law[static_cast<std::size_t>(index_of(side))];
      law.ambient = 0.0;
      law.flux = Field(FieldCallback([=](PointsView p, std::span<double> v) { residual->wall(face, side, p, v); }));
    }
  }
  for (int axis = 0; axis < kDim; ++axis) {
    Period& period = out.periods[static_cast<std::size_t>(axis)];
    if (!period.periodic) continue;
    period.jump_u = Field(FieldCallback([=](PointsView p, std::span<double> v) { residual->period_jump(axis, p, v); }));
  }
  out.jump_u = Field(FieldCallback([=](PointsView p, std::span<double> v) { residual->jump_u(p, v); }));
  out.jump_flux = Field(FieldCallback([=](PointsView p, std::span<double> v) { residual->jump_flux(p, v); }));
  return out;
}

}  // namespace

GridSolution solve_on_grid(const Problem& problem, Vec3<index_t> cells, const GridSolverOptions& options,
                           ThreadPool& pool) {
  if (options.balanced) require_balance(problem, pool);
  Solved solved = solve(problem, cells, options, pool);
  return {Solution(problem.box, problem.level_set, std::move(solved.grid), {{"grid_cells", text_of(cells)}}),
          solved.system.nodes, std::move(solved.nodes.values), std::move(solved.system.side),
          std::move(solved.nodes.residuals)};
}

Problem residual_problem(const Problem& problem, const Solution& solution) {
  return error_problem(problem, residual_of(problem, solution));
}

std::vector<double> owed_flux(const Problem& problem, const Solution& solution, const Points& points,
                              const Points& normals, ThreadPool& pool) {
  const Residual residual(problem, solution);
  std::vector<double> owed(points.x.size());
  const auto tasks = TaskPartition::of(points.size(), 1024, 1024);
  pool.run(tasks.tasks, [&](index_t t) {
    const index_t first = tasks.begin(t), count = tasks.end(t) - first;
    residual.jump_flux_along(points.view().slice(first, count), normals.view().slice(first, count),
                             std::span(owed).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
  });
  return owed;
}

Solution correct(const Problem& problem, const Solution& solution, Vec3<index_t> cells,
                 const GridSolverOptions& options, ThreadPool& pool) {
  const auto r = residual_of(problem, solution);
  const KnownPart known = {
      [r](Side side, PointsView p, std::span<double> v) { r->reaction(side, p, v); },
      [r](Side side, PointsView p, std::span<double> v) { r->source(side, p, v); },
      [r](Side side, PointsView p, Solution::Gradient flux) { r->flux(side, p, flux); },
  };
  // Networks are rough where nothing trained them, and cheap. An expansion is smooth, and a dozen of its gradients for
  // every node would take longer than all else. Half cells at walls have no rule of the fluxes yet.
  const bool by_fluxes = r && solution.expansion() == nullptr && !any_flux(problem.walls);
  const Solved solved = solve(error_problem(problem, r), cells, options, pool, by_fluxes ? &known : nullptr);
  Solution corrected = solution.corrected(solved.grid);
  Solution::Info info = corrected.info();
  info["correction_cells"] = text_of(cells);
  corrected.set_info(std::move(info));
  return corrected;
}

}  // namespace nbm
