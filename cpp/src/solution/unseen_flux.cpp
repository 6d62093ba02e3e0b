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

// Flux through the interface, shared among the nodes of a coarse lattice by trilinear weights, so that it does not
// matter on which side of a line a triangle lies.
class FluxBlocks {
 public:
  explicit FluxBlocks(const Box& box) : box_(box) {
    const Vec3<double> edge = box.edge();
    size_ = std::max({edge.x, edge.y, edge.z}) / kFluxBlocks;
  }

  // Adds sign times the integral of a flux over the triangles of an interface, by their centroids.
  void add(double sign, const InterfaceSampler& interface, const Field& flux, ThreadPool& pool) {
    Points centers;
    for (const auto& t : interface.triangles()) centers.push_back((1.0 / 3.0) * (t[0] + t[1] + t[2]));
    const std::vector<double> values = evaluate_at(flux, "jump_flux", centers, pool);
    for (index_t i = 0; i < centers.size(); ++i) {
      const auto& t = interface.triangles()[at(i)];
      const Vec3<double> normal = cross(t[1] - t[0], t[2] - t[0]);
      share(centers[i], sign * 0.5 * std::sqrt(dot(normal, normal)) * values[at(i)]);
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

}  // namespace

Unseen unseen_flux(const Problem& problem, const Solution& base, Vec3<index_t> cells, ThreadPool& pool) {
  const int along = static_cast<int>(std::max({cells.x, cells.y, cells.z}));
  const InterfaceSampler fine(problem.box, problem.level_set, pool);
  if (fine.empty()) return {};
  const InterfaceSampler coarse(problem.box, problem.level_set, pool, {.cells = along, .levels = 0, .most_levels = 0});
  const Field owed = residual_problem(problem, base).jump_flux;
  FluxBlocks blocks(problem.box);
  blocks.add(1.0, fine, owed, pool);
  blocks.add(-1.0, coarse, owed, pool);
  const auto [place, strength] = blocks.worst();
  Unseen unseen{0.0, place};
  const double mu = 0.5 * (problem.minus.mu.at(place) + problem.plus.mu.at(place));
  const double k = std::min(problem.minus.k.at(place), problem.plus.k.at(place));
  unseen.rms = strength > 0.0 ? error_of_strength(blocks.root_of_squares(), mu, k, problem.box) : 0.0;
  return unseen;
}

}  // namespace nbm
