#include "solution/residual.hpp"

#include <algorithm>
#include <cmath>

#include "nbm/rows/assemble.hpp"
#include "problem/periods.hpp"
#include "solution/nearest_on_interface.hpp"

namespace nbm {
namespace {

constexpr double kRounding = 1e-10;       // of the places where jumps are asked for, in edges
constexpr double kStepsPerEdge = 4096.0;  // the differences of the networks: exact derivatives but for 1e-8

}  // namespace

Residual::Residual(const Problem& problem, const Solution& solution)
    : problem_(problem), base_(solution.uncorrected()) {
  const Vec3<double> edge = problem.box.edge();
  h_ = {edge.x / kStepsPerEdge, edge.y / kStepsPerEdge, edge.z / kStepsPerEdge};
}

void Residual::reaction(Side side, PointsView points, std::span<double> out) const {
  ThreadPool alone(1);
  std::vector<double> u(out.size()), k(out.size());
  evaluate_finite(problem_.medium(side).f, names_of(side).f, points, out);
  evaluate_finite(problem_.medium(side).k, names_of(side).k, points, k);
  base_.evaluate_side(side, points, u, alone);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] -= k[i] * u[i];
}

void Residual::flux(Side side, PointsView points, const Solution::Gradient& out) const {
  ThreadPool alone(1);
  std::vector<double> u(static_cast<std::size_t>(points.size)), mu(u);
  base_.evaluate_gradient_side(side, points, u, out, alone);
  evaluate_positive(problem_.medium(side).mu, names_of(side).mu, points, mu);
  for (const auto& component : out) {
    for (std::size_t i = 0; i < mu.size(); ++i) component[i] *= mu[i];
  }
}

void Residual::source(Side side, PointsView given, std::span<double> out) const {
  const Points moved = moved_to_side(problem_, side, given);
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

void Residual::boundary(Side side, PointsView points, std::span<double> out) const {
  ThreadPool alone(1);
  std::vector<double> u(out.size());
  evaluate_finite(problem_.medium(side).boundary, names_of(side).boundary, points, out);
  base_.evaluate_side(side, points, u, alone);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] -= u[i];
}

// By the level set on the lower wall alone: near the interface that on the upper one may differ by rounding.
void Residual::period_jump(int axis, PointsView lower, std::span<double> out) const {
  ThreadPool alone(1);
  std::vector<double> phi(out.size()), here(out.size()), there(out.size());
  evaluate_finite(problem_.periods[static_cast<std::size_t>(axis)].jump_u, "walls.jump", lower, out);
  evaluate_finite(problem_.level_set, "level_set", lower, phi);
  const Points upper = moved_to_wall(problem_.box, 2 * axis + 1, lower);
  for (const Side side : {Side::minus, Side::plus}) {
    base_.evaluate_side(side, lower, here, alone);
    base_.evaluate_side(side, upper.view(), there, alone);
    for (std::size_t i = 0; i < out.size(); ++i) {
      if ((phi[i] < 0.0) == (side == Side::minus)) out[i] -= there[i] - here[i];
    }
  }
}

void Residual::wall(int face, Side side, PointsView points, std::span<double> out) const {
  if (!problem_.periods[static_cast<std::size_t>(face / 2)].periodic) return owed_to_wall(face, side, points, out);
  // The upper wall of a period has the source on both; the flux out of both is owed there.
  if (face % 2 == 0) return std::fill(out.begin(), out.end(), 0.0);
  std::vector<double> opposite(out.size());
  owed_to_wall(face, side, points, out);
  owed_to_wall(face - 1, side, moved_to_wall(problem_.box, face - 1, points).view(), opposite);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] += opposite[i];
}

void Residual::owed_to_wall(int face, Side side, PointsView points, std::span<double> out) const {
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

void Residual::jump_flux_along(PointsView points, PointsView normals, std::span<double> out) const {
  const std::vector<Owed> owed = owed_along(points, normals);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = owed[i].flux;
}

std::size_t Residual::HashOfPlace::operator()(const Place& p) const {
  std::uint64_t hash = 0;
  for (const std::int64_t coordinate : p) hash = (hash ^ static_cast<std::uint64_t>(coordinate)) * 0x9E3779B97F4A7C15u;
  return static_cast<std::size_t>(hash ^ hash >> 32);
}

// Computed at the rounded place, so that it does not matter who asks first.
void Residual::jumps(PointsView points, double Owed::*which, std::span<double> out) const {
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

Residual::Place Residual::place_of(Vec3<double> p) const {
  Place place;
  for (int k = 0; k < kDim; ++k) {
    place[static_cast<std::size_t>(k)] =
        std::llround((p[k] - problem_.box.lower[k]) / (kRounding * problem_.box.edge()[k]));
  }
  return place;
}

// Jumps are owed on the interface alone; the rows of a grid ask near it.
std::vector<Residual::Owed> Residual::owed_at(const std::vector<Place>& places) const {
  if (places.empty()) return {};
  Points points;
  for (const Place& place : places) {
    Vec3<double> p;
    for (int k = 0; k < kDim; ++k) {
      p[k] = problem_.box.lower[k] +
             kRounding * problem_.box.edge()[k] * static_cast<double>(place[static_cast<std::size_t>(k)]);
    }
    points.push_back(p);
  }
  const OnInterface on = nearest_on_interface(problem_, points.view());
  return owed_along(on.points.view(), on.normals.view());
}

std::vector<Residual::Owed> Residual::owed_along(PointsView points, PointsView normals) const {
  ThreadPool alone(1);
  const auto n = static_cast<std::size_t>(points.size);
  const JumpConditions jumps = jump_conditions(problem_, points);
  std::vector<Owed> owed(n);
  for (std::size_t i = 0; i < n; ++i) owed[i] = {jumps.jump_u[i], jumps.jump_flux[i]};
  if (base_.is_zero()) return owed;
  std::vector<double> u(n), ux(n), uy(n), uz(n);
  for (const Side side : {Side::minus, Side::plus}) {
    const double sign = side == Side::plus ? 1.0 : -1.0;
    base_.evaluate_gradient_side(side, points, u, {ux, uy, uz}, alone);
    const std::vector<double>& mu = jumps.mu[static_cast<std::size_t>(index_of(side))];
    for (std::size_t i = 0; i < n; ++i) {
      const double flux = mu[i] * dot(Vec3<double>{ux[i], uy[i], uz[i]}, normals[static_cast<index_t>(i)]);
      owed[i].value += 0.5 * jumps.resistance[i] * flux - sign * u[i];
      owed[i].flux += 0.5 * jumps.reaction[i] * u[i] - sign * flux;
    }
  }
  return owed;
}

std::vector<double> Residual::mu_beside(const Field& mu, const char* name, PointsView points, int axis,
                                        double steps) const {
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

}  // namespace nbm
