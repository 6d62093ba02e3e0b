#include "nbm/solution/correction.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "nbm/core/error.hpp"
#include "solution/one_sided.hpp"

namespace nbm {
namespace {

constexpr double kStepsPerEdge = 4096.0;  // the differences of the networks: exact derivatives but for 1e-8

std::string text_of(Vec3<index_t> cells) {
  return std::to_string(cells.x) + " " + std::to_string(cells.y) + " " + std::to_string(cells.z);
}

// What a solution without its correction leaves of a problem's equations. Evaluated in batches by whichever thread
// assembles.
class Residual {
 public:
  Residual(const Problem& problem, const Solution& solution) : problem_(problem), base_(solution.uncorrected()) {
    const Vec3<double> edge = problem.box.edge();
    h_ = {edge.x / kStepsPerEdge, edge.y / kStepsPerEdge, edge.z / kStepsPerEdge};
  }

  // f - k u + div(mu grad u), by section 5's differences.
  void source(Side side, PointsView points, std::span<double> out) const {
    const Medium& medium = problem_.medium(side);
    const MediumNames& names = names_of(side);
    const auto n = static_cast<std::size_t>(points.size);
    ThreadPool alone(1);
    std::vector<double> u(n), k(n), first[kDim], second[kDim];
    for (int axis = 0; axis < kDim; ++axis) {
      first[axis].resize(n);
      second[axis].resize(n);
    }
    base_.evaluate_differences(side, points, h_, {u, {first[0], first[1], first[2]}, {second[0], second[1], second[2]}},
                               alone);
    evaluate_finite(medium.f, names.f, points, out);
    evaluate_finite(medium.k, names.k, points, k);
    for (std::size_t i = 0; i < n; ++i) out[i] -= k[i] * u[i];
    for (int axis = 0; axis < kDim; ++axis) {
      const std::vector<double> below = mu_beside(medium.mu, names.mu, points, axis, -0.5);
      const std::vector<double> above = mu_beside(medium.mu, names.mu, points, axis, 0.5);
      const double scale = 1.0 / (h_[axis] * h_[axis]);
      for (std::size_t i = 0; i < n; ++i) {
        out[i] += scale * (0.5 * (above[i] + below[i]) * second[axis][i] + (above[i] - below[i]) * first[axis][i]);
      }
    }
  }

  void boundary(Side side, PointsView points, std::span<double> out) const {
    ThreadPool alone(1);
    std::vector<double> u(out.size());
    evaluate_finite(problem_.medium(side).boundary, names_of(side).boundary, points, out);
    base_.evaluate_side(side, points, u, alone);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] -= u[i];
  }

  void jump_u(PointsView points, std::span<double> out) const {
    ThreadPool alone(1);
    std::vector<double> jump(out.size());
    evaluate_finite(problem_.jump_u, "jump_u", points, out);
    base_.jump(points, jump, alone);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] -= jump[i];
  }

  void jump_flux(PointsView points, std::span<double> out) const {
    ThreadPool alone(1);
    std::vector<double> jump(out.size());
    const Points normal = normals(points);
    evaluate_finite(problem_.jump_flux, "jump_flux", points, out);
    base_.flux_jump(problem_, points, normal.view(), jump, alone);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] -= jump[i];
  }

 private:
  std::vector<double> mu_beside(const Field& mu, const char* name, PointsView points, int axis, double steps) const {
    std::vector<double> values(static_cast<std::size_t>(points.size));
    Points beside(points.size);
    for (index_t i = 0; i < points.size; ++i) {
      Vec3<double> x = points[i];
      x[axis] += steps * h_[axis];
      beside.set(i, x);
    }
    evaluate_positive(mu, name, beside.view(), values);
    return values;
  }

  // From minus to plus; 0 where the level set has no gradient.
  Points normals(PointsView points) const {
    Points beside(points.size), normal(points.size);
    std::vector<double> phi[kDim][2];
    for (int axis = 0; axis < kDim; ++axis) {
      for (const int end : {0, 1}) {
        for (index_t i = 0; i < points.size; ++i) {
          Vec3<double> x = points[i];
          x[axis] += (end == 0 ? -1.0 : 1.0) * h_[axis];
          beside.set(i, x);
        }
        phi[axis][end].resize(static_cast<std::size_t>(points.size));
        evaluate_finite(problem_.level_set, "level_set", beside.view(), phi[axis][end]);
      }
    }
    for (index_t i = 0; i < points.size; ++i) {
      Vec3<double> gradient;
      for (int axis = 0; axis < kDim; ++axis) {
        const auto n = static_cast<std::size_t>(i);
        gradient[axis] = (phi[axis][1][n] - phi[axis][0][n]) / h_[axis];
      }
      const double length = std::sqrt(dot(gradient, gradient));
      normal.set(i, length > 0.0 ? (1.0 / length) * gradient : Vec3<double>{});
    }
    return normal;
  }

  Problem problem_;
  Solution base_;
  Vec3<double> h_;
};

struct Solved {
  GridSystem system;
  GridNodes nodes;
  SidedGrid grid;
};

Solved solve(const Problem& problem, Vec3<index_t> cells, const GridSolverOptions& options, ThreadPool& pool) {
  options.validate();
  GridSystem system = assemble_grid_system(problem, cells, pool);
  GridNodes nodes = solve_grid_system(system, options, pool);
  SidedGrid grid(problem.box, system.nodes, one_sided_values(problem, system, nodes.values, pool));
  return {std::move(system), std::move(nodes), std::move(grid)};
}

}  // namespace

GridSolution solve_on_grid(const Problem& problem, Vec3<index_t> cells, const GridSolverOptions& options,
                           ThreadPool& pool) {
  Solved solved = solve(problem, cells, options, pool);
  return {Solution(problem.box, problem.level_set, std::move(solved.grid), {{"grid_cells", text_of(cells)}}),
          solved.system.nodes, std::move(solved.nodes.values), std::move(solved.system.side),
          std::move(solved.nodes.residuals)};
}

Problem residual_problem(const Problem& problem, const Solution& solution) {
  if (!(problem.box == solution.box())) {
    throw InvalidArgument("problem", "has another box than the solution: expected the problem that was solved");
  }
  const auto residual = std::make_shared<const Residual>(problem, solution);
  Problem out = problem;
  for (const Side side : {Side::minus, Side::plus}) {
    Medium& medium = side == Side::minus ? out.minus : out.plus;
    medium.f = Field(FieldCallback([=](PointsView p, std::span<double> v) { residual->source(side, p, v); }));
    medium.boundary = Field(FieldCallback([=](PointsView p, std::span<double> v) { residual->boundary(side, p, v); }));
  }
  out.jump_u = Field(FieldCallback([=](PointsView p, std::span<double> v) { residual->jump_u(p, v); }));
  out.jump_flux = Field(FieldCallback([=](PointsView p, std::span<double> v) { residual->jump_flux(p, v); }));
  return out;
}

Solution correct(const Problem& problem, const Solution& solution, Vec3<index_t> cells,
                 const GridSolverOptions& options, ThreadPool& pool) {
  Solution corrected = solution.corrected(solve(residual_problem(problem, solution), cells, options, pool).grid);
  Solution::Info info = corrected.info();
  info["correction_cells"] = text_of(cells);
  corrected.set_info(std::move(info));
  return corrected;
}

}  // namespace nbm
