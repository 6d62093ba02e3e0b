#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "solution/unseen.hpp"

namespace nbm {
namespace {

constexpr index_t kSamples = 9;        // of a block: 2 x 2 x 2 Gauss points and the centre
constexpr index_t kNodesInBlock = 27;  // of the grid: a block is two cells an axis
constexpr int kMostHalvings = 7;
constexpr index_t kMostBlocks = 1 << 15;  // looked at on one level: bounds the work
constexpr double kNoted = 1e-6;           // of the differences of f over all blocks
constexpr double kSteep = 0.5;            // differences of f over its mean, above which a block is halved
constexpr double kUnresolved = 0.1;       // of the integral of |f| over a block

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

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
    const std::vector<double> f = evaluate_at(problem.medium(side).f, names_of(side).f, own, pool);
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
  const std::vector<double> phi = evaluate_at(problem.level_set, "level_set", nodes, pool);
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

}  // namespace nbm
