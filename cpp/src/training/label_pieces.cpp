#include "training/label_pieces.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace nbm {
namespace {

constexpr double kCells = 96;  // along the longest edge
constexpr index_t kLeastCells = 8;
constexpr index_t kGrain = 16384;

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Union-find; the root of a set is its least member.
class Sets {
 public:
  explicit Sets(index_t n) : parent_(at(n)) { std::iota(parent_.begin(), parent_.end(), index_t{0}); }
  index_t root(index_t i) {
    while (parent_[at(i)] != i) i = parent_[at(i)] = parent_[at(parent_[at(i)])];
    return i;
  }
  void join(index_t i, index_t j) {
    const index_t a = root(i), b = root(j);
    parent_[at(std::max(a, b))] = std::min(a, b);
  }

 private:
  std::vector<index_t> parent_;
};

class Nodes {
 public:
  Nodes(const Problem& problem, ThreadPool& pool) : problem_(problem), pool_(pool) {
    const Vec3<double> edge = problem.box.edge();
    const double longest = std::max({edge.x, edge.y, edge.z});
    for (int k = 0; k < kDim; ++k) {
      cells[k] = std::max(kLeastCells, static_cast<index_t>(std::lround(kCells * edge[k] / longest)));
      spacing[k] = edge[k] / static_cast<double>(cells[k]);
    }
    step = {(cells.y + 1) * (cells.z + 1), cells.z + 1, 1};
    Points points(step.x * (cells.x + 1));
    for (index_t n = 0; n < points.size(); ++n) points.set(n, place(n));
    phi = evaluate(points);
  }

  index_t size() const { return static_cast<index_t>(phi.size()); }
  Vec3<index_t> index(index_t n) const { return {n / step.x, n / step.y % (cells.y + 1), n % (cells.z + 1)}; }
  Vec3<double> place(index_t n) const {
    const Vec3<index_t> i = index(n);
    Vec3<double> p;
    for (int k = 0; k < kDim; ++k) p[k] = problem_.box.lower[k] + spacing[k] * static_cast<double>(i[k]);
    return p;
  }
  Side side(index_t n) const { return phi[at(n)] < 0.0 ? Side::minus : Side::plus; }
  bool at_wall(index_t n) const {
    const Vec3<index_t> i = index(n);
    for (int k = 0; k < kDim; ++k) {
      if (i[k] == 0 || i[k] == cells[k]) return true;
    }
    return false;
  }
  std::vector<double> evaluate(const Points& points) const {
    std::vector<double> values(points.x.size());
    const auto tasks = TaskPartition::of(points.size(), kGrain, 4096);
    pool_.run(tasks.tasks, [&](index_t t) {
      const index_t first = tasks.begin(t), count = tasks.end(t) - first;
      evaluate_finite(problem_.level_set, "level_set", points.view().slice(first, count),
                      std::span(values).subspan(at(first), at(count)));
    });
    return values;
  }
  // visit(n, neighbour) for the neighbour in direction +axis of every node that has one.
  template <class Visit>
  void for_each_edge(Visit&& visit) const {
    for (index_t n = 0; n < size(); ++n) {
      const Vec3<index_t> i = index(n);
      for (int k = 0; k < kDim; ++k) {
        if (i[k] < cells[k]) visit(n, n + step[k]);
      }
    }
  }

  Vec3<index_t> cells, step;
  Vec3<double> spacing;
  std::vector<double> phi;

 private:
  const Problem& problem_;
  ThreadPool& pool_;
};

// The largest difference of the level set to a neighbour: what it may fall by on the way to one.
std::vector<double> largest_falls(const Nodes& nodes) {
  std::vector<double> fall(nodes.phi.size(), 0.0);
  nodes.for_each_edge([&](index_t a, index_t b) {
    const double difference = std::abs(nodes.phi[at(a)] - nodes.phi[at(b)]);
    fall[at(a)] = std::max(fall[at(a)], difference);
    fall[at(b)] = std::max(fall[at(b)], difference);
  });
  return fall;
}

// Joins the pairs between which the level set keeps its sign.
void join_where_open(const Nodes& nodes, const std::vector<std::pair<index_t, index_t>>& pairs, Sets& sets) {
  constexpr int kBetween = 3;
  Points between;
  for (const auto& [a, b] : pairs) {
    for (int t = 1; t <= kBetween; ++t) {
      const double share = static_cast<double>(t) / (kBetween + 1);
      between.push_back((1.0 - share) * nodes.place(a) + share * nodes.place(b));
    }
  }
  const std::vector<double> phi = nodes.evaluate(between);
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const auto [a, b] = pairs[p];
    bool open = true;
    for (std::size_t t = 0; t < kBetween; ++t) {
      open = open && (phi[kBetween * p + t] < 0.0) == (nodes.side(a) == Side::minus);
    }
    if (open) sets.join(a, b);
  }
}

void join_neighbours(const Nodes& nodes, Sets& sets) {
  const std::vector<double> fall = largest_falls(nodes);
  std::vector<std::pair<index_t, index_t>> doubtful;
  nodes.for_each_edge([&](index_t a, index_t b) {
    if (nodes.side(a) != nodes.side(b)) return;
    if (std::abs(nodes.phi[at(a)]) + std::abs(nodes.phi[at(b)]) >= std::max(fall[at(a)], fall[at(b)])) {
      sets.join(a, b);
      return;
    }
    doubtful.emplace_back(a, b);
  });
  join_where_open(nodes, doubtful, sets);
}

// Pieces that touch along a diagonal alone: a neck that is thinner than the grid.
void join_diagonals(const Nodes& nodes, Sets& sets) {
  std::vector<std::pair<index_t, index_t>> doubtful;
  for (index_t n = 0; n < nodes.size(); ++n) {
    const Vec3<index_t> i = nodes.index(n);
    for (int way = 14; way < 27; ++way) {  // half of the 26 directions
      const index_t step[kDim] = {way / 9 - 1, way / 3 % 3 - 1, way % 3 - 1};
      index_t m = n;
      bool inside = true;
      for (int k = 0; k < kDim; ++k) {
        inside = inside && i[k] + step[k] >= 0 && i[k] + step[k] <= nodes.cells[k];
        m += step[k] * nodes.step[k];
      }
      if (inside && nodes.side(n) == nodes.side(m) && sets.root(n) != sets.root(m)) doubtful.emplace_back(n, m);
    }
  }
  join_where_open(nodes, doubtful, sets);
}

// Labels of one side beyond it: those of the nearest node of the side, by steps along the grid.
void spread(const Nodes& nodes, std::vector<std::int16_t>& label) {
  std::vector<index_t> front, next;
  for (index_t n = 0; n < nodes.size(); ++n) {
    if (label[at(n)] >= 0) front.push_back(n);
  }
  while (!front.empty()) {
    next.clear();
    for (const index_t n : front) {
      const Vec3<index_t> i = nodes.index(n);
      for (int k = 0; k < kDim; ++k) {
        for (const index_t way : {-1, 1}) {
          if (i[k] + way < 0 || i[k] + way > nodes.cells[k]) continue;
          const index_t m = n + way * nodes.step[k];
          if (label[at(m)] >= 0) continue;
          label[at(m)] = label[at(n)];
          next.push_back(m);
        }
      }
    }
    front.swap(next);
  }
}

}  // namespace

LabelledPieces label_pieces(const Problem& problem, ThreadPool& pool) {
  const Nodes nodes(problem, pool);
  Sets sets(nodes.size());
  join_neighbours(nodes, sets);
  join_diagonals(nodes, sets);
  LabelledPieces found;
  std::vector<std::int16_t> piece_of(nodes.phi.size(), -1);
  for (index_t n = 0; n < nodes.size(); ++n) {
    const index_t root = sets.root(n);
    if (root == n) {
      if (found.pieces.size() == std::numeric_limits<std::int16_t>::max()) break;
      piece_of[at(n)] = static_cast<std::int16_t>(found.pieces.size());
      found.pieces.push_back({nodes.side(n), nodes.place(n), nodes.place(n), 0.0, false});
    }
    auto& piece = found.pieces[at(piece_of[at(n)] = piece_of[at(root)])];
    const Vec3<double> place = nodes.place(n);
    for (int k = 0; k < kDim; ++k) {
      piece.lower[k] = std::min(piece.lower[k], std::max(problem.box.lower[k], place[k] - nodes.spacing[k]));
      piece.upper[k] = std::max(piece.upper[k], std::min(problem.box.upper[k], place[k] + nodes.spacing[k]));
    }
    piece.volume += 1.0 / static_cast<double>(nodes.size());
    piece.at_wall = piece.at_wall || nodes.at_wall(n);
  }
  found.labels.cells = nodes.cells;
  for (std::size_t s = 0; s < kSides; ++s) {
    index_t count = 0;
    for (std::size_t p = 0; p < found.pieces.size(); ++p) {
      if (at(index_of(found.pieces[p].side)) != s) continue;
      found.labels.only[s] = static_cast<std::int16_t>(p);
      ++count;
    }
    if (count < 2) continue;
    found.labels.only[s] = -1;
    std::vector<std::int16_t> label = piece_of;
    for (index_t n = 0; n < nodes.size(); ++n) {
      if (at(index_of(nodes.side(n))) != s) label[at(n)] = -1;
    }
    spread(nodes, label);
    found.labels.label[s] = std::move(label);
  }
  return found;
}

}  // namespace nbm
