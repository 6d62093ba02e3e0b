#include "solution/one_sided.hpp"

#include <algorithm>
#include <cmath>

#include "rows/grid_ghosts.hpp"
#include "rows/lattice.hpp"
#include "rows/quadratic_fit.hpp"

namespace nbm {
namespace {

constexpr index_t kNodesPerTask = 4096;
constexpr int kBand = 3;               // nodes beyond the interface that are fitted: gradients there need so many
constexpr int kReach = 2;              // of a fit around its centre
constexpr double kGhostWeight = 0.02;  // ghost values decide where a side's own nodes leave the fit open

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// One side's continuation beyond the interface.
class Continuation {
 public:
  Continuation(const GridSystem& system, std::span<const double> u, std::span<const double> ghosts, Side side)
      : system_(system),
        lattice_{system.nodes, nullptr},
        u_(u),
        ghosts_(ghosts),
        side_(static_cast<std::uint8_t>(side)) {}

  std::vector<double> values(ThreadPool& pool) {
    const index_t n = system_.size();
    std::vector<double> out(at(n));
    std::vector<std::uint8_t> known(at(n));
    const TaskPartition parts = TaskPartition::of(n, kNodesPerTask, 4096);
    pool.run(parts.tasks, [&](index_t task) {
      for (index_t i = parts.begin(task); i < parts.end(task); ++i) {
        known[at(i)] = own(i) || fit(i, out[at(i)]);
        if (own(i)) out[at(i)] = u_[at(i)];
      }
    });
    fill(out, known);
    return out;
  }

 private:
  bool own(index_t i) const { return system_.side[at(i)] == side_; }

  // Whether the node is within reach of the side; then its fitted value.
  bool fit(index_t i, double& value) const {
    const Vec3<index_t> x = lattice_.position(i);
    Vec3<index_t> center;
    index_t nearest = 3 * (kBand + 1) * (kBand + 1);
    for_cube(x, kBand, [&](Vec3<index_t> n, index_t node) {
      const Vec3<index_t> d = n - x;
      if (!own(node) || dot(d, d) >= nearest) return;
      nearest = dot(d, d);
      center = n;
    });
    if (nearest > 3 * kBand * kBand) return false;
    QuadraticFit quadratic;  // in steps of the grid around the centre
    QuadraticTerms right{};
    const auto add = [&](const QuadraticTerms& terms, double u, double weight) {
      quadratic.add(terms, weight);
      for (std::size_t t = 0; t < kQuadraticTerms; ++t) right[t] += weight * terms[t] * u;
    };
    for_cube(center, kReach, [&](Vec3<index_t> n, index_t node) {
      const Vec3<index_t> d = n - center;
      const double weight = 1.0 / (1.0 + static_cast<double>(dot(d, d)));
      const QuadraticTerms terms = quadratic_terms(as_double(d));
      if (own(node)) {
        add(terms, u_[at(node)], weight);
      } else if (std::isfinite(ghosts_[at(node)])) {
        add(terms, ghosts_[at(node)], kGhostWeight * weight);
      }
    });
    quadratic.factor();
    value = dot(quadratic.solve(right), quadratic_terms(as_double(x - center)));
    return true;
  }

  static Vec3<double> as_double(Vec3<index_t> d) {
    return {static_cast<double>(d.x), static_cast<double>(d.y), static_cast<double>(d.z)};
  }

  template <class Visit>
  void for_cube(Vec3<index_t> around, int reach, Visit&& visit) const {
    Vec3<index_t> first, last;
    for (int axis = 0; axis < kDim; ++axis) {
      first[axis] = std::max<index_t>(0, around[axis] - reach);
      last[axis] = std::min(lattice_.shape[axis] - 1, around[axis] + reach);
    }
    for (index_t a = first.x; a <= last.x; ++a) {
      for (index_t b = first.y; b <= last.y; ++b) {
        for (index_t c = first.z; c <= last.z; ++c) visit(Vec3<index_t>{a, b, c}, lattice_.index({a, b, c}));
      }
    }
  }

  // Layer after layer, every node becomes the mean of its neighbours in the layers before.
  void fill(std::vector<double>& out, std::vector<std::uint8_t>& known) const {
    std::vector<index_t> layer;
    for (index_t i = 0; i < system_.size(); ++i) {
      if (known[at(i)] == 0 && mean(i, out, known, out[at(i)])) layer.push_back(i);
    }
    while (!layer.empty()) {
      for (const index_t i : layer) known[at(i)] = 1;
      std::vector<index_t> next;
      for (const index_t i : layer) {
        for (int face = 0; face < kFaces; ++face) {
          const Vec3<index_t> n = neighbor(lattice_.position(i), face);
          if (!lattice_.inside(n) || known[at(lattice_.index(n))] != 0) continue;
          known[at(lattice_.index(n))] = 2;  // in the next layer, but no value yet
          next.push_back(lattice_.index(n));
        }
      }
      for (const index_t i : next) mean(i, out, known, out[at(i)]);
      layer = std::move(next);
    }
  }

  static Vec3<index_t> neighbor(Vec3<index_t> n, int face) {
    n[face_axis(face)] += face_sign(face);
    return n;
  }

  bool mean(index_t i, const std::vector<double>& out, const std::vector<std::uint8_t>& known, double& value) const {
    double sum = 0.0;
    int count = 0;
    for (int face = 0; face < kFaces; ++face) {
      const Vec3<index_t> n = neighbor(lattice_.position(i), face);
      if (!lattice_.inside(n) || known[at(lattice_.index(n))] != 1) continue;
      sum += out[at(lattice_.index(n))];
      ++count;
    }
    if (count > 0) value = sum / count;
    return count > 0;
  }

  const GridSystem& system_;
  LatticeView lattice_;
  std::span<const double> u_, ghosts_;
  std::uint8_t side_;
};

}  // namespace

std::array<std::vector<double>, kSides> one_sided_values(const Problem& problem, const GridSystem& system,
                                                         std::span<const double> u, ThreadPool& pool) {
  const std::vector<double> ghosts = grid_ghosts(problem, system, u, pool);
  return {Continuation(system, u, ghosts, Side::minus).values(pool),
          Continuation(system, u, ghosts, Side::plus).values(pool)};
}

}  // namespace nbm
