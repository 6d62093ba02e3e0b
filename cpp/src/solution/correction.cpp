#include "nbm/solution/correction.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "nbm/core/error.hpp"
#include "nbm/rows/assemble.hpp"
#include "nbm/sampling/interface_point.hpp"
#include "solution/one_sided.hpp"

namespace nbm {
namespace {

constexpr double kRounding = 1e-10;       // of the places where jumps are asked for, in edges
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

  // f - k u.
  void reaction(Side side, PointsView points, std::span<double> out) const {
    ThreadPool alone(1);
    std::vector<double> u(out.size()), k(out.size());
    evaluate_finite(problem_.medium(side).f, names_of(side).f, points, out);
    evaluate_finite(problem_.medium(side).k, names_of(side).k, points, k);
    base_.evaluate_side(side, points, u, alone);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] -= k[i] * u[i];
  }

  // mu grad u.
  void flux(Side side, PointsView points, const Solution::Gradient& out) const {
    ThreadPool alone(1);
    std::vector<double> u(static_cast<std::size_t>(points.size)), mu(u);
    base_.evaluate_gradient_side(side, points, u, out, alone);
    evaluate_positive(problem_.medium(side).mu, names_of(side).mu, points, mu);
    for (const auto& component : out) {
      for (std::size_t i = 0; i < mu.size(); ++i) component[i] *= mu[i];
    }
  }

  // f - k u + div(mu grad u), by section 5's differences; where a cell of the grid reaches beyond the interface, that
  // of the interface: the solution of a side is extended there, and owes nothing to its equation.
  void source(Side side, PointsView given, std::span<double> out) const {
    const Points moved = on_side(side, given);
    const PointsView points = moved.view();
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

  // flux - transfer (u - ambient) - mu dn u of the law of a wall.
  void wall(int face, Side side, PointsView points, std::span<double> out) const {
    ThreadPool alone(1);
    const WallValues law = evaluate_wall(problem_.walls, face, side, points);
    std::vector<double> u(out.size()), gradient[kDim], mu(out.size());
    for (auto& component : gradient) component.resize(out.size());
    base_.evaluate_gradient_side(side, points, u, {gradient[0], gradient[1], gradient[2]}, alone);
    evaluate_positive(problem_.medium(side).mu, names_of(side).mu, points, mu);
    const double outward = face % 2 == 0 ? -1.0 : 1.0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const double flux = outward * mu[i] * gradient[face / 2][i];
      out[i] = law.flux[i] - law.transfer[i] * (u[i] - law.ambient[i]) - flux;
    }
  }

  // What is owed of the jump of the flux at points next to the interface, with these normals.
  void jump_flux_along(PointsView points, PointsView normals, std::span<double> out) const {
    ThreadPool alone(1);
    evaluate_finite(problem_.jump_flux, "jump_flux", points, out);
    if (base_.is_zero()) return;
    std::vector<double> component[kDim];
    for (auto& c : component) c.resize(out.size());
    for (const Side side : {Side::minus, Side::plus}) {
      const double sign = side == Side::plus ? 1.0 : -1.0;
      flux(side, points, {component[0], component[1], component[2]});
      for (std::size_t i = 0; i < out.size(); ++i) {
        const Vec3<double> q = {component[0][i], component[1][i], component[2][i]};
        out[i] -= sign * dot(q, normals[static_cast<index_t>(i)]);
      }
    }
  }

  void jump_u(PointsView points, std::span<double> out) const { jumps(points, &Owed::value, out); }
  void jump_flux(PointsView points, std::span<double> out) const { jumps(points, &Owed::flux, out); }

 private:
  // What is owed of the two jumps at a point of the interface.
  struct Owed {
    double value, flux;
  };
  using Place = std::array<std::int64_t, kDim>;  // in units of kRounding edges
  struct HashOfPlace {
    std::size_t operator()(const Place& p) const {
      std::uint64_t hash = 0;
      for (const std::int64_t coordinate : p)
        hash = (hash ^ static_cast<std::uint64_t>(coordinate)) * 0x9E3779B97F4A7C15u;
      return static_cast<std::size_t>(hash ^ hash >> 32);
    }
  };

  // The rows of many cells ask for the same places, up to round-off, and each is dear: they are kept. Computed at the
  // rounded place, so that it does not matter who asks first.
  void jumps(PointsView points, double Owed::*which, std::span<double> out) const {
    std::vector<Place> places;
    std::vector<Place> unknown;
    {
      const std::lock_guard lock(mutex_);
      for (index_t i = 0; i < points.size; ++i) {
        places.push_back(place_of(points[i]));
        if (!known_.contains(places.back())) unknown.push_back(places.back());
      }
    }
    std::sort(unknown.begin(), unknown.end());
    unknown.erase(std::unique(unknown.begin(), unknown.end()), unknown.end());
    const std::vector<Owed> owed = owed_at(unknown);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < unknown.size(); ++i) known_.emplace(unknown[i], owed[i]);
    for (std::size_t i = 0; i < places.size(); ++i) out[i] = known_.at(places[i]).*which;
  }

  Place place_of(Vec3<double> p) const {
    Place place;
    for (int k = 0; k < kDim; ++k) {
      place[static_cast<std::size_t>(k)] =
          std::llround((p[k] - problem_.box.lower[k]) / (kRounding * problem_.box.edge()[k]));
    }
    return place;
  }

  // Jumps are owed on the interface alone; the rows of a grid ask near it.
  std::vector<Owed> owed_at(const std::vector<Place>& places) const {
    std::vector<Owed> owed(places.size());
    if (places.empty()) return owed;
    ThreadPool alone(1);
    Points points;
    for (const Place& place : places) {
      Vec3<double> p;
      for (int k = 0; k < kDim; ++k) {
        p[k] = problem_.box.lower[k] +
               kRounding * problem_.box.edge()[k] * static_cast<double>(place[static_cast<std::size_t>(k)]);
      }
      points.push_back(p);
    }
    const Projected on = project(points.view());
    const JumpConditions jumps = jump_conditions(problem_, on.points.view());
    std::vector<double> u(owed.size()), ux(u), uy(u), uz(u);
    for (std::size_t i = 0; i < owed.size(); ++i) owed[i] = {jumps.jump_u[i], jumps.jump_flux[i]};
    for (const Side side : {Side::minus, Side::plus}) {
      const double sign = side == Side::plus ? 1.0 : -1.0;
      base_.evaluate_gradient_side(side, on.points.view(), u, {ux, uy, uz}, alone);
      const std::vector<double>& mu = jumps.mu[static_cast<std::size_t>(index_of(side))];
      for (std::size_t i = 0; i < owed.size(); ++i) {
        const double flux = mu[i] * dot(Vec3<double>{ux[i], uy[i], uz[i]}, on.normals[static_cast<index_t>(i)]);
        owed[i].value += 0.5 * jumps.resistance[i] * flux - sign * u[i];
        owed[i].flux += 0.5 * jumps.reaction[i] * u[i] - sign * flux;
      }
    }
    return owed;
  }

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

  struct Projected {
    Points points, normals;  // normals from minus to plus; 0 where the level set has no gradient
  };

  // The points of the interface next to these, by Newton steps; a point that loses its way stays where it was.
  Projected project(PointsView points) const {
    const Vec3<double> edge = problem_.box.edge();
    const double longest = std::max({edge.x, edge.y, edge.z});
    const InterfaceSearch search{problem_.box, longest, longest / 32.0};
    Projected on{Points(points.size), Points(points.size)};
    std::vector<index_t> moving;
    for (index_t i = 0; i < points.size; ++i) {
      on.points.set(i, points[i]);
      moving.push_back(i);
    }
    for (int step = 0; step < kNewtonSteps && !moving.empty(); ++step) {
      Points at;
      for (const index_t i : moving) at.push_back(on.points[i]);
      const Local local = look_at(at.view(), search.difference_step());
      std::vector<index_t> still;
      for (std::size_t m = 0; m < moving.size(); ++m) {
        Vec3<double> place = at[static_cast<index_t>(m)], normal{};
        const Travel travel = newton_step(search, local.phi[m], local.gradient[m], place, normal);
        on.normals.set(moving[m], normal);
        on.points.set(moving[m], travel == Travel::lost ? points[moving[m]] : place);
        if (travel == Travel::moving) still.push_back(moving[m]);
      }
      moving = std::move(still);
    }
    return on;
  }

  // Those that lie on the other side moved to the interface.
  Points on_side(Side side, PointsView points) const {
    std::vector<double> phi(static_cast<std::size_t>(points.size));
    evaluate_finite(problem_.level_set, "level_set", points, phi);
    Points own(points.size), beyond;
    std::vector<index_t> numbers;
    for (index_t i = 0; i < points.size; ++i) {
      own.set(i, points[i]);
      if ((phi[static_cast<std::size_t>(i)] < 0.0 ? Side::minus : Side::plus) == side) continue;
      beyond.push_back(points[i]);
      numbers.push_back(i);
    }
    if (numbers.empty()) return own;
    const Projected on = project(beyond.view());
    for (std::size_t m = 0; m < numbers.size(); ++m) own.set(numbers[m], on.points[static_cast<index_t>(m)]);
    return own;
  }

  struct Local {
    std::vector<double> phi;
    std::vector<Vec3<double>> gradient;
  };

  // The level set and its gradient, by central differences over `step`.
  Local look_at(PointsView points, double step) const {
    const index_t n = points.size;
    Points all(n * (1 + 2 * kDim));
    for (index_t i = 0; i < n; ++i) {
      all.set(i, points[i]);
      for (int axis = 0; axis < kDim; ++axis) {
        for (const int end : {0, 1}) {
          Vec3<double> x = points[i];
          x[axis] += end == 0 ? -step : step;
          all.set(n * (1 + 2 * axis + end) + i, x);
        }
      }
    }
    std::vector<double> phi(all.x.size());
    evaluate_finite(problem_.level_set, "level_set", all.view(), phi);
    Local local{{phi.begin(), phi.begin() + n}, std::vector<Vec3<double>>(static_cast<std::size_t>(n))};
    for (int axis = 0; axis < kDim; ++axis) {
      for (index_t i = 0; i < n; ++i) {
        const auto below = static_cast<std::size_t>(n * (1 + 2 * axis) + i),
                   above = below + static_cast<std::size_t>(n);
        local.gradient[static_cast<std::size_t>(i)][axis] = central_slope(
            phi[above], phi[below], all[static_cast<index_t>(above)][axis], all[static_cast<index_t>(below)][axis]);
      }
    }
    return local;
  }

  Problem problem_;
  Solution base_;
  Vec3<double> h_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<Place, Owed, HashOfPlace> known_;
};

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
