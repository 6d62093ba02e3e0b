#include "training/label_pieces.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace nbm {
namespace {

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
  Nodes(const Problem& problem, int most_cells, ThreadPool& pool) : problem_(problem), pool_(pool) {
    const Vec3<double> edge = problem.box.edge();
    const double longest = std::max({edge.x, edge.y, edge.z});
    for (int k = 0; k < kDim; ++k) {
      cells[k] = std::max(kLeastCells, static_cast<index_t>(std::lround(most_cells * edge[k] / longest)));
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

// Nodes of one side on opposite walls of a period are one and the same.
void join_through_walls(const Nodes& nodes, const std::array<bool, kDim>& periodic, Sets& sets) {
  for (index_t n = 0; n < nodes.size(); ++n) {
    const Vec3<index_t> i = nodes.index(n);
    for (int k = 0; k < kDim; ++k) {
      if (!periodic[static_cast<std::size_t>(k)] || i[k] < nodes.cells[k]) continue;
      const index_t opposite = n - nodes.cells[k] * nodes.step[k];
      if (nodes.side(n) == nodes.side(opposite)) sets.join(n, opposite);
    }
  }
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

// Cells that touch, with the interface in them.
struct Cluster {
  Vec3<double> lower, upper;           // of the points of the interface
  std::vector<Vec3<index_t>> cells;    // least corners
  std::array<bool, kSides> near = {};  // whether a node of the side is a corner of the cells or a neighbour of one

  void join(const Cluster& other) {
    for (int k = 0; k < kDim; ++k) {
      lower[k] = std::min(lower[k], other.lower[k]);
      upper[k] = std::max(upper[k], other.upper[k]);
    }
    cells.insert(cells.end(), other.cells.begin(), other.cells.end());
    for (std::size_t s = 0; s < kSides; ++s) near[s] = near[s] || other.near[s];
  }
  double share_of(const Box& box) const {
    double share = 1.0;
    for (int k = 0; k < kDim; ++k) share *= (upper[k] - lower[k]) / box.edge()[k];
    return share;
  }
};

// visit(m) for the nodes m from `before` steps below node n to `after` above it on each axis, itself among them.
template <class Visit>
void for_neighbours(const Nodes& nodes, index_t n, index_t before, index_t after, Visit&& visit) {
  const Vec3<index_t> i = nodes.index(n);
  Vec3<index_t> first, last;
  for (int k = 0; k < kDim; ++k) {
    first[k] = std::max<index_t>(0, i[k] - before);
    last[k] = std::min(nodes.cells[k], i[k] + after);
  }
  for (index_t a = first.x; a <= last.x; ++a) {
    for (index_t b = first.y; b <= last.y; ++b) {
      for (index_t c = first.z; c <= last.z; ++c) visit(dot(Vec3<index_t>{a, b, c}, nodes.step));
    }
  }
}

std::vector<Cluster> clusters_of(const Nodes& nodes, const Problem& problem, const Points& surface) {
  std::map<index_t, Cluster> by_cell;  // by the number of the least corner
  for (index_t i = 0; i < surface.size(); ++i) {
    const Vec3<double> p = surface[i];
    Vec3<index_t> cell;
    for (int k = 0; k < kDim; ++k) {
      const auto place = static_cast<index_t>((p[k] - problem.box.lower[k]) / nodes.spacing[k]);
      cell[k] = std::clamp<index_t>(place, 0, nodes.cells[k] - 1);
    }
    const auto [entry, is_new] = by_cell.emplace(dot(cell, nodes.step), Cluster{p, p, {cell}});
    Cluster& own = entry->second;
    for (int k = 0; k < kDim; ++k) {
      own.lower[k] = std::min(own.lower[k], p[k]);
      own.upper[k] = std::max(own.upper[k], p[k]);
    }
  }
  std::vector<index_t> number;
  for (const auto& [cell, cluster] : by_cell) number.push_back(cell);
  Sets sets(static_cast<index_t>(number.size()));
  for (std::size_t c = 0; c < number.size(); ++c) {
    for_neighbours(nodes, number[c], 1, 1, [&](index_t m) {
      const auto found = std::lower_bound(number.begin(), number.end(), m);
      if (found != number.end() && *found == m) sets.join(static_cast<index_t>(c), found - number.begin());
    });
  }
  std::map<index_t, Cluster> joined;
  for (std::size_t c = 0; c < number.size(); ++c) {
    Cluster& own = by_cell.at(number[c]);
    for_neighbours(nodes, number[c], 1, 2, [&](index_t m) { own.near[at(index_of(nodes.side(m)))] = true; });
    const auto [entry, is_new] = joined.emplace(sets.root(static_cast<index_t>(c)), own);
    if (!is_new) entry->second.join(own);
  }
  std::vector<Cluster> clusters;
  for (const auto& [root, cluster] : joined) clusters.push_back(cluster);
  return clusters;
}

// The pieces in which no node lies: their labels are at the corners of their cells, which are of the other side.
void add_hidden_pieces(const Nodes& nodes, const Problem& problem, const Points& surface, LabelledPieces& found,
                       std::array<std::vector<std::int16_t>, kSides>& label) {
  for (const Cluster& cluster : clusters_of(nodes, problem, surface)) {
    for (const Side side : {Side::minus, Side::plus}) {
      if (cluster.near[at(index_of(side))] || found.pieces.size() == std::numeric_limits<std::int16_t>::max()) continue;
      const auto piece = static_cast<std::int16_t>(found.pieces.size());
      found.pieces.push_back({side, cluster.lower, cluster.upper, cluster.share_of(problem.box), false, true});
      for (const Vec3<index_t>& cell : cluster.cells) {
        for_neighbours(nodes, dot(cell, nodes.step), 0, 1,
                       [&](index_t m) { label[at(index_of(side))][at(m)] = piece; });
      }
    }
  }
}

}  // namespace

LabelledPieces label_pieces(const Problem& problem, const Points& surface, ThreadPool& pool, int cells,
                            const std::array<bool, kDim>& through_walls) {
  const Nodes nodes(problem, cells, pool);
  Sets sets(nodes.size());
  join_neighbours(nodes, sets);
  join_diagonals(nodes, sets);
  join_through_walls(nodes, through_walls, sets);
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
  std::array<std::vector<std::int16_t>, kSides> label = {piece_of, piece_of};
  for (index_t n = 0; n < nodes.size(); ++n) label[at(index_of(other(nodes.side(n))))][at(n)] = -1;
  add_hidden_pieces(nodes, problem, surface, found, label);
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
    spread(nodes, label[s]);
    found.labels.label[s] = std::move(label[s]);
  }
  found.of_node = std::move(piece_of);
  return found;
}

}  // namespace nbm
