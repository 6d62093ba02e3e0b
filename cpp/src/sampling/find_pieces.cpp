#include "find_pieces.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace nbm {
namespace {

using At = std::array<std::int64_t, kDim>;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

// Union-find over n members; the root of a set is its least member.
class Sets {
 public:
  explicit Sets(std::int64_t n) : parent_(at(n)) { std::iota(parent_.begin(), parent_.end(), 0); }

  std::int32_t root(std::int64_t i) {
    auto r = static_cast<std::int32_t>(i);
    while (parent_[at(r)] != r) r = parent_[at(r)] = parent_[at(parent_[at(r)])];
    return r;
  }
  void join(std::int64_t i, std::int64_t j) {
    const std::int32_t a = root(i), b = root(j);
    parent_[at(std::max(a, b))] = std::min(a, b);
  }

 private:
  std::vector<std::int32_t> parent_;
};

At base_of(const SearchCell& cell) {
  return {cell.at[0] >> cell.level, cell.at[1] >> cell.level, cell.at[2] >> cell.level};
}

// Calls visit(i, j, k) for all places of a box of that many along each axis.
template <class Visit>
void for_each_place(const At& count, Visit&& visit) {
  for (std::int64_t i = 0; i < count[0]; ++i) {
    for (std::int64_t j = 0; j < count[1]; ++j) {
      for (std::int64_t k = 0; k < count[2]; ++k) visit(i, j, k);
    }
  }
}

// Nodes of one sign that the edges and diagonals of the Kuhn tetrahedra connect.
void fill_nodes(const std::vector<double>& nodes, PieceMap& map) {
  const At count = {map.cells[0] + 1, map.cells[1] + 1, map.cells[2] + 1};
  Sets sets(count[0] * count[1] * count[2]);
  for_each_place(count, [&](std::int64_t i, std::int64_t j, std::int64_t k) {
    const std::int64_t here = map.node(i, j, k);
    for (int way = 1; way < 8; ++way) {
      const std::int64_t a = i + (way >> 2 & 1), b = j + (way >> 1 & 1), c = k + (way & 1);
      if (a >= count[0] || b >= count[1] || c >= count[2]) continue;
      const std::int64_t there = map.node(a, b, c);
      if ((nodes[at(here)] < 0.0) == (nodes[at(there)] < 0.0)) sets.join(here, there);
    }
  });
  map.of_node.assign(nodes.size(), -1);
  for_each_place(count, [&](std::int64_t i, std::int64_t j, std::int64_t k) {
    const std::int64_t n = map.node(i, j, k);
    const std::int32_t root = sets.root(n);
    if (root == n) {
      map.of_node[at(n)] = static_cast<std::int32_t>(map.pieces.size());
      map.pieces.push_back({nodes[at(n)] < 0.0 ? Side::minus : Side::plus, 0.0});
    } else {
      map.of_node[at(n)] = map.of_node[at(root)];
    }
    double share = 1.0;  // of a cell; half of it at each wall
    for (const auto& [place, last] :
         {std::pair(i, count[0] - 1), std::pair(j, count[1] - 1), std::pair(k, count[2] - 1)}) {
      if (place == 0 || place == last) share *= 0.5;
    }
    map.pieces[at(map.of_node[at(n)])].volume += share;
  });
}

bool one_piece_at_corners(const PieceMap& map, const At& cell) {
  for (int corner = 1; corner < 8; ++corner) {
    if (map.pieces[at(map.at_corner(cell, corner))].side != map.pieces[at(map.at_corner(cell, 0))].side) return false;
  }
  return true;
}

// Neighbouring cells of level 0 that the interface passes though all of their corners are on one side.
void fill_hidden(const std::vector<SearchCell>& found, PieceMap& map) {
  std::vector<At> cells;
  std::map<std::int64_t, std::int64_t> number;  // of the cell in `cells`
  for (const SearchCell& cell : found) {
    const At base = base_of(cell);
    const std::int64_t c = map.cell(base[0], base[1], base[2]);
    if (!one_piece_at_corners(map, base) || !number.emplace(c, static_cast<std::int64_t>(cells.size())).second)
      continue;
    cells.push_back(base);
  }
  if (cells.empty()) return;
  Sets sets(static_cast<std::int64_t>(cells.size()));
  for (std::size_t n = 0; n < cells.size(); ++n) {
    for_each_place({3, 3, 3}, [&](std::int64_t i, std::int64_t j, std::int64_t k) {
      const At near = {cells[n][0] + i - 1, cells[n][1] + j - 1, cells[n][2] + k - 1};
      for (int axis = 0; axis < kDim; ++axis) {
        if (near[at(axis)] < 0 || near[at(axis)] >= map.cells[at(axis)]) return;
      }
      const auto other = number.find(map.cell(near[0], near[1], near[2]));
      if (other != number.end()) sets.join(static_cast<std::int64_t>(n), other->second);
    });
  }
  map.hidden.assign(at(map.cells[0] * map.cells[1] * map.cells[2]), -1);
  std::vector<std::int32_t> piece(cells.size(), -1);
  for (std::size_t n = 0; n < cells.size(); ++n) {
    std::int32_t& own = piece[at(sets.root(static_cast<std::int64_t>(n)))];
    if (own < 0) {
      own = static_cast<std::int32_t>(map.pieces.size());
      map.pieces.push_back({other(map.pieces[at(map.at_corner(cells[n], 0))].side), 0.0});
    }
    map.pieces[at(own)].volume += 1.0;  // an upper bound: of the cells that it lies in
    map.hidden[at(map.cell(cells[n][0], cells[n][1], cells[n][2]))] = own;
  }
}

// The piece of one side that a cell sees: at the nearest corner of its cell of level 0, or hidden in that.
std::int32_t piece_seen(const PieceMap& map, const SearchCell& cell, Side side) {
  const At base = base_of(cell);
  const std::int32_t hidden = map.hidden.empty() ? -1 : map.hidden[at(map.cell(base[0], base[1], base[2]))];
  if (hidden >= 0 && map.pieces[at(hidden)].side == side) return hidden;
  std::int32_t seen = -1;
  double least = 0.0;
  for (int corner = 0; corner < 8; ++corner) {
    const std::int32_t piece = map.at_corner(base, corner);
    if (map.pieces[at(piece)].side != side) continue;
    double square = 0.0;
    for (int axis = 0; axis < kDim; ++axis) {
      const double size = 1.0 / static_cast<double>(std::int64_t{1} << cell.level);
      const double center = (static_cast<double>(cell.at[at(axis)]) + 0.5) * size - static_cast<double>(base[at(axis)]);
      const double way = center - (corner >> (2 - axis) & 1);
      square += way * way;
    }
    if (seen >= 0 && square >= least) continue;
    seen = piece;
    least = square;
  }
  return seen;
}

}  // namespace

PieceMap find_pieces(const SearchGrid& grid, const std::vector<double>& nodes, const std::vector<SearchCell>& cells) {
  PieceMap map;
  map.cells = grid.cells;
  fill_nodes(nodes, map);
  fill_hidden(cells, map);
  return map;
}

std::vector<std::int32_t> interface_pieces(const PieceMap& map, const std::vector<SearchCell>& cells) {
  std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> known;
  std::vector<std::int32_t> of_cell;
  of_cell.reserve(cells.size());
  for (const SearchCell& cell : cells) {
    const std::pair between(piece_seen(map, cell, Side::minus), piece_seen(map, cell, Side::plus));
    of_cell.push_back(known.emplace(between, static_cast<std::int32_t>(known.size())).first->second);
  }
  return of_cell;
}

}  // namespace nbm
