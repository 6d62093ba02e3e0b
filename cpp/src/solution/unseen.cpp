#include "solution/unseen.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "nbm/sampling/interface_sampler.hpp"
#include "nbm/solution/correction.hpp"

namespace nbm {
namespace {

constexpr index_t kSamples = 9;        // of a block: 2 x 2 x 2 Gauss points and the centre
constexpr index_t kNodesInBlock = 27;  // of the grid: a block is two cells an axis
constexpr int kMostHalvings = 7;
constexpr index_t kMostBlocks = 1 << 15;  // looked at on one level: bounds the work
constexpr double kNoted = 1e-6;           // of the differences of f over all blocks
constexpr double kSteep = 0.5;            // differences of f over its mean, above which a block is halved
constexpr double kUnresolved = 0.1;       // of the integral of |f| over a block
constexpr index_t kFluxBlocks = 24;       // along the longest edge

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// RMS over the box of the potential of a point source of this strength, roughly: the mean square of 1/r over a ball of
// half the edge, or of exp(-r root(k/mu))/r where that is less.
double error_of_strength(double strength, double mu, double k, const Box& box) {
  constexpr double kShare = 0.28;  // 2 sqrt(3) / (4 pi)
  constexpr double kPi = 3.141592653589793;
  const Vec3<double> edge = box.edge();
  double share = kShare / std::max({edge.x, edge.y, edge.z});
  if (k > 0.0) {
    const double reach = std::sqrt(mu / k);
    share = std::min(share, std::sqrt(2.0 * kPi * reach / (edge.x * edge.y * edge.z)) / (4.0 * kPi));
  }
  return share * strength / mu;
}

struct Block {
  Vec3<double> lower, edge;
  Side side;
  index_t origin = 0;     // the block of the grid that it is a part of
  double integral = 0.0;  // of f
};

Vec3<double> sample_of(const Block& block, index_t s) {
  constexpr double kGauss[2] = {0.21132486540518712, 0.78867513459481288};
  if (s == kSamples - 1) return block.lower + 0.5 * block.edge;
  Vec3<double> p;
  for (int k = 0; k < kDim; ++k) p[k] = block.lower[k] + kGauss[s >> k & 1] * block.edge[k];
  return p;
}

double volume_of(const Block& block) { return block.edge.x * block.edge.y * block.edge.z; }

std::vector<double> evaluate(const Field& field, const char* name, const Points& points, ThreadPool& pool) {
  std::vector<double> values(points.x.size());
  const auto tasks = TaskPartition::of(points.size(), 8192, 1024);
  pool.run(tasks.tasks, [&](index_t t) {
    const index_t first = tasks.begin(t), count = tasks.end(t) - first;
    evaluate_finite(field, name, points.view().slice(first, count), std::span(values).subspan(at(first), at(count)));
  });
  return values;
}

// Points of every block: per_block of them, by place(block, number).
template <class Place>
Points points_of(const std::vector<Block>& blocks, index_t per_block, Place&& place) {
  Points points(static_cast<index_t>(blocks.size()) * per_block);
  for (index_t b = 0; b < static_cast<index_t>(blocks.size()); ++b) {
    for (index_t s = 0; s < per_block; ++s) points.set(b * per_block + s, place(blocks[at(b)], s));
  }
  return points;
}

// f of each block's side at its points.
std::vector<double> sources_at(const Problem& problem, const std::vector<Block>& blocks, const Points& points,
                               index_t per_block, ThreadPool& pool) {
  std::vector<double> values(points.x.size());
  for (const Side side : {Side::minus, Side::plus}) {
    Points own;
    for (index_t i = 0; i < points.size(); ++i) {
      if (blocks[at(i / per_block)].side == side) own.push_back(points[i]);
    }
    const std::vector<double> f = evaluate(problem.medium(side).f, names_of(side).f, own, pool);
    std::size_t next = 0;
    for (index_t i = 0; i < points.size(); ++i) {
      if (blocks[at(i / per_block)].side == side) values[at(i)] = f[next++];
    }
  }
  return values;
}

Vec3<double> node_of(const Block& block, index_t n) {
  const Vec3<double> step = {static_cast<double>(n / 9), static_cast<double>(n / 3 % 3), static_cast<double>(n % 3)};
  Vec3<double> p;
  for (int k = 0; k < kDim; ++k) p[k] = block.lower[k] + 0.5 * step[k] * block.edge[k];
  return p;
}

// Blocks of two cells an axis whose nodes and samples are all on one side.
std::vector<Block> blocks_of(const Problem& problem, Vec3<index_t> cells, ThreadPool& pool) {
  const Vec3<index_t> count = {cells.x / 2, cells.y / 2, cells.z / 2};
  const Vec3<double> edge = problem.box.edge();
  std::vector<Block> blocks;
  for (index_t b = 0; b < count.x * count.y * count.z; ++b) {
    const index_t place[kDim] = {b / (count.y * count.z), b / count.z % count.y, b % count.z};
    Block block{{}, {}, Side::plus};
    for (int k = 0; k < kDim; ++k) {
      block.edge[k] = edge[k] / static_cast<double>(count[k]);
      block.lower[k] = problem.box.lower[k] + block.edge[k] * static_cast<double>(place[k]);
    }
    blocks.push_back(block);
  }
  const Points nodes = points_of(blocks, kNodesInBlock, node_of);
  const std::vector<double> phi = evaluate(problem.level_set, "level_set", nodes, pool);
  std::vector<Block> pure;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const double* own = phi.data() + b * kNodesInBlock;
    const bool minus = own[0] < 0.0;
    if (!std::all_of(own, own + kNodesInBlock, [&](double p) { return (p < 0.0) == minus; })) continue;
    blocks[b].side = minus ? Side::minus : Side::plus;
    pure.push_back(blocks[b]);
  }
  return pure;
}

void integrate(const std::vector<double>& f, std::vector<Block>& blocks, std::vector<double>& spread) {
  spread.assign(blocks.size(), 0.0);
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const double* own = f.data() + b * kSamples;
    const auto [least, most] = std::minmax_element(own, own + kSamples);
    blocks[b].integral = volume_of(blocks[b]) * std::accumulate(own, own + kSamples - 1, 0.0) / (kSamples - 1);
    spread[b] = volume_of(blocks[b]) * (*most - *least);
  }
}

// The eight halves of a block.
void add_halves(const Block& block, std::vector<Block>& to) {
  for (int part = 0; part < 8; ++part) {
    Block half{block.lower, 0.5 * block.edge, block.side, block.origin};
    for (int k = 0; k < kDim; ++k) half.lower[k] += (part >> k & 1) != 0 ? half.edge[k] : 0.0;
    to.push_back(half);
  }
}

// What the nodes of the grid make of the integral over each block: the trapezoidal rule.
std::vector<double> by_nodes(const Problem& problem, const std::vector<Block>& blocks, ThreadPool& pool) {
  const Points nodes = points_of(blocks, kNodesInBlock, node_of);
  const std::vector<double> f = sources_at(problem, blocks, nodes, kNodesInBlock, pool);
  std::vector<double> sums;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    double sum = 0.0;
    for (index_t n = 0; n < kNodesInBlock; ++n) {
      const double weight = (n / 9 == 1 ? 2.0 : 1.0) * (n / 3 % 3 == 1 ? 2.0 : 1.0) * (n % 3 == 1 ? 2.0 : 1.0);
      sum += weight * f[b * kNodesInBlock + at(n)];
    }
    sums.push_back(volume_of(blocks[b]) * sum / 64.0);
  }
  return sums;
}

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
    const std::vector<double> values = evaluate(flux, "jump_flux", centers, pool);
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

Unseen unseen_sources(const Problem& problem, Vec3<index_t> cells, ThreadPool& pool) {
  if (problem.minus.f.constant() != nullptr && problem.plus.f.constant() != nullptr) return {};
  std::vector<Block> blocks = blocks_of(problem, cells, pool);
  if (blocks.empty()) return {};
  const std::vector<Block> of_grid = blocks;
  for (std::size_t b = 0; b < blocks.size(); ++b) blocks[b].origin = static_cast<index_t>(b);
  std::vector<double> fine(blocks.size(), 0.0), size(blocks.size(), 0.0);  // integrals of f and |f|
  double noted = -1.0;
  for (int level = 0; level <= kMostHalvings && !blocks.empty(); ++level) {
    const Points samples = points_of(blocks, kSamples, sample_of);
    const std::vector<double> f = sources_at(problem, blocks, samples, kSamples, pool);
    std::vector<double> spread;
    integrate(f, blocks, spread);
    if (noted < 0.0) noted = kNoted * std::accumulate(spread.begin(), spread.end(), 0.0);
    std::vector<std::size_t> order(blocks.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return spread[a] > spread[b]; });
    std::vector<Block> finer;
    for (const std::size_t o : order) {
      const Block& block = blocks[o];
      const bool unsettled = spread[o] > noted && spread[o] > kSteep * std::abs(block.integral);
      if (level < kMostHalvings && unsettled && static_cast<index_t>(finer.size()) + 8 <= kMostBlocks) {
        add_halves(block, finer);
        continue;
      }
      fine[at(block.origin)] += block.integral;
      const double* own = f.data() + o * kSamples;
      for (index_t s = 0; s < kSamples; ++s) size[at(block.origin)] += volume_of(block) * std::abs(own[s]) / kSamples;
    }
    blocks = std::move(finer);
  }
  const std::vector<double> coarse = by_nodes(problem, of_grid, pool);
  Unseen unseen;
  double missed = 0.0, worst = 0.0, mu = 1.0, k = 0.0;
  for (std::size_t b = 0; b < of_grid.size(); ++b) {
    const double gap = fine[b] - coarse[b];
    if (std::abs(gap) <= kUnresolved * (size[b] + std::abs(coarse[b]))) continue;
    missed += gap;
    if (std::abs(gap) <= worst) continue;
    worst = std::abs(gap);
    unseen.place = of_grid[b].lower + 0.5 * of_grid[b].edge;
    mu = problem.medium(of_grid[b].side).mu.at(unseen.place);
    k = problem.medium(of_grid[b].side).k.at(unseen.place);
  }
  unseen.rms = error_of_strength(std::abs(missed), mu, k, problem.box);
  return unseen;
}

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
