#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "nbm/sampling/interface_sampler.hpp"
#include "nbm/solution/correction.hpp"
#include "solution/unseen.hpp"

namespace nbm {
namespace {

constexpr index_t kFluxBlocks = 24;  // along the longest edge

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

struct Triangles {
  explicit Triangles(const InterfaceSampler& interface) {
    for (index_t i = 0; i < interface.triangle_count(); ++i) {
      const auto& t = interface.triangles()[at(i)];
      const Vec3<double> normal = interface.area_vectors()[at(i)];
      area.push_back(std::sqrt(dot(normal, normal)));
      centers.push_back((1.0 / 3.0) * (t[0] + t[1] + t[2]));
      normals.push_back((1.0 / area.back()) * normal);
    }
  }

  Points centers, normals;
  std::vector<double> area;
};

// Flux through the interface, shared among the nodes of a coarse lattice by trilinear weights, so that it does not
// matter on which side of a line a triangle lies.
class FluxBlocks {
 public:
  explicit FluxBlocks(const Box& box) : box_(box) {
    const Vec3<double> edge = box.edge();
    size_ = std::max({edge.x, edge.y, edge.z}) / kFluxBlocks;
  }

  // Adds sign times the integral over triangles of the flux that is owed at their centroids.
  void add(double sign, const Triangles& triangles, const std::vector<double>& owed) {
    for (index_t i = 0; i < triangles.centers.size(); ++i) {
      share(triangles.centers[i], sign * triangles.area[at(i)] * owed[at(i)]);
    }
  }

  std::pair<Vec3<double>, double> worst() const {
    std::pair<Vec3<double>, double> found{box_.center(), 0.0};
    for (const auto& [node, strength] : strength_) {
      if (std::abs(strength) <= found.second) continue;
      found.second = std::abs(strength);
      for (int k = 0; k < kDim; ++k) {
        const double place = box_.lower[k] + size_ * static_cast<double>(node[at(k)]);
        found.first[k] = std::min(place, box_.upper[k]);
      }
    }
    return found;
  }
  double root_of_squares() const {
    double squares = 0.0;
    for (const auto& [node, strength] : strength_) squares += strength * strength;
    return std::sqrt(squares);
  }

 private:
  using Node = std::array<index_t, kDim>;

  void share(Vec3<double> p, double strength) {
    Node node;
    double rest[kDim];
    for (int k = 0; k < kDim; ++k) {
      const double place = std::max((p[k] - box_.lower[k]) / size_, 0.0);
      node[at(k)] = static_cast<index_t>(place);
      rest[k] = place - std::floor(place);
    }
    for (int corner = 0; corner < 8; ++corner) {
      Node to = node;
      double weight = strength;
      for (int k = 0; k < kDim; ++k) {
        const int up = corner >> k & 1;
        to[at(k)] += up;
        weight *= up != 0 ? rest[k] : 1.0 - rest[k];
      }
      strength_[to] += weight;
    }
  }

  Box box_;
  double size_;
  std::map<Node, double> strength_;
};

Unseen unseen_by(const Problem& problem, const FluxBlocks& blocks) {
  const auto [place, strength] = blocks.worst();
  if (strength == 0.0) return {0.0, place};
  const double mu = 0.5 * (problem.minus.mu.at(place) + problem.plus.mu.at(place));
  const double k = std::min(problem.minus.k.at(place), problem.plus.k.at(place));
  return {error_of_strength(blocks.root_of_squares(), mu, k, problem.box), place};
}

}  // namespace

Unseen unseen_flux(const Problem& problem, const InterfaceSampler& interface, const Solution& base, Vec3<index_t> cells,
                   double matters, ThreadPool& pool) {
  const int along = static_cast<int>(std::max({cells.x, cells.y, cells.z}));
  if (interface.empty()) return {};
  const Triangles fine(interface);
  const Triangles coarse(
      InterfaceSampler(problem.box, problem.level_set, pool, {.cells = along, .levels = 0, .most_levels = 0}));
  const auto look = [&](auto&& owed) {
    FluxBlocks blocks(problem.box);
    blocks.add(1.0, fine, owed(fine));
    blocks.add(-1.0, coarse, owed(coarse));
    return unseen_by(problem, blocks);
  };
  // Triangles as they are add their own error, of second order: that does where it is small beside what matters.
  const Unseen rough = look([&](const Triangles& t) { return owed_flux(problem, base, t.centers, t.normals, pool); });
  if (base.is_zero() || rough.rms <= matters) return rough;
  const Field on_interface = residual_problem(problem, base).jump_flux;
  return look([&](const Triangles& t) { return evaluate_at(on_interface, "jump_flux", t.centers, pool); });
}

}  // namespace nbm
