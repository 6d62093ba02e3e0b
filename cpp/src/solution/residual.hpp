#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "nbm/solution/solution.hpp"

namespace nbm {

// What a solution without its correction leaves of a problem's equations (docs/method.md, section 15). Evaluated in
// batches by whichever thread assembles; `out` has as many values as there are points.
class Residual {
 public:
  Residual(const Problem& problem, const Solution& solution);

  // f - k u.
  void reaction(Side side, PointsView points, std::span<double> out) const;
  // mu grad u.
  void flux(Side side, PointsView points, const Solution::Gradient& out) const;
  // f - k u + div(mu grad u), by section 5's differences; where a cell of the grid reaches beyond the interface, that
  // of the interface: the solution of a side is extended there, and owes nothing to its equation.
  void source(Side side, PointsView points, std::span<double> out) const;
  // The given u less u.
  void boundary(Side side, PointsView points, std::span<double> out) const;
  // The given jump over a period less that of u, at points of the lower wall.
  void period_jump(int axis, PointsView lower, std::span<double> out) const;
  // flux - transfer (u - ambient) - mu dn u of the law of a wall; of the two walls of a period the sum at the upper
  // one.
  void wall(int face, Side side, PointsView points, std::span<double> out) const;

  // What is owed of the two jumps at the points of the interface next to these.
  void jump_u(PointsView points, std::span<double> out) const { jumps(points, &Owed::value, out); }
  void jump_flux(PointsView points, std::span<double> out) const { jumps(points, &Owed::flux, out); }
  // The latter at the points themselves, along these normals.
  void jump_flux_along(PointsView points, PointsView normals, std::span<double> out) const;

 private:
  struct Owed {
    double value, flux;
  };
  using Place = std::array<std::int64_t, kDim>;  // in units of 1e-10 edges
  struct HashOfPlace {
    std::size_t operator()(const Place& p) const;
  };

  void owed_to_wall(int face, Side side, PointsView points, std::span<double> out) const;
  void jumps(PointsView points, double Owed::*which, std::span<double> out) const;
  Place place_of(Vec3<double> p) const;
  std::vector<Owed> owed_at(const std::vector<Place>& places) const;
  std::vector<Owed> owed_along(PointsView points, PointsView normals) const;
  std::vector<double> mu_beside(const Field& mu, const char* name, PointsView points, int axis, double steps) const;

  Problem problem_;
  Solution base_;
  Vec3<double> h_;
  // The rows of many cells ask for the same places, up to round-off, and each is dear: they are kept.
  mutable std::mutex mutex_;
  mutable std::unordered_map<Place, Owed, HashOfPlace> known_;
};

}  // namespace nbm
