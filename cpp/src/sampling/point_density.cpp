#include "nbm/sampling/point_density.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "nbm/core/error.hpp"

namespace nbm {
namespace {

using At = std::array<std::int64_t, kDim>;

// How far above its mean a quantity must be to draw points.
constexpr double kFarAbove = 4.0;
// Change of mu over a cell that is too little to matter, against mu.
constexpr double kLittleChange = 0.1;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

void check_share(const char* name, double share) {
  if (share >= 0.0 && share <= 1.0) return;
  throw InvalidArgument(name, "must be a share from 0 to 1, got " + std::to_string(share));
}

double sum_of(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

// Calls visit(cell, its number) for all cells.
template <class Visit>
void for_each_cell(const PieceMap& map, Visit&& visit) {
  for (std::int64_t i = 0; i < map.cells[0]; ++i) {
    for (std::int64_t j = 0; j < map.cells[1]; ++j) {
      for (std::int64_t k = 0; k < map.cells[2]; ++k) visit(At{i, j, k}, at(map.cell(i, j, k)));
    }
  }
}

// Calls visit(piece, how much of the cell it has, by corners) for the pieces that a cell sees.
template <class Visit>
void for_each_piece(const PieceMap& map, const At& cell, std::size_t number, Visit&& visit) {
  for (int corner = 0; corner < 8; ++corner) visit(at(map.at_corner(cell, corner)), 0.125);
  if (!map.hidden.empty() && map.hidden[number] >= 0) visit(at(map.hidden[number]), 1.0);
}

// Adds `share` of the mass, divided by sides and pieces.
void add_by_pieces(const PieceMap& map, double share, std::vector<double>& mass) {
  std::vector<double> room(map.pieces.size(), 0.0);  // in cells
  for_each_cell(map, [&](const At& cell, std::size_t n) {
    for_each_piece(map, cell, n, [&](std::size_t piece, double part) { room[piece] += part; });
  });
  double roots[kSides] = {0.0, 0.0};
  for (const Piece& piece : map.pieces) roots[index_of(piece.side)] += std::sqrt(piece.volume);
  const double sides = (roots[0] > 0.0) + (roots[1] > 0.0);
  std::vector<double> density(map.pieces.size());
  for (std::size_t p = 0; p < density.size(); ++p) {
    const Piece& piece = map.pieces[p];
    density[p] = share / sides * std::sqrt(piece.volume) / roots[index_of(piece.side)] / room[p];
  }
  for_each_cell(map, [&](const At& cell, std::size_t n) {
    for_each_piece(map, cell, n, [&](std::size_t piece, double part) { mass[n] += part * density[piece]; });
  });
}

// f / mu and mu at the nodes, on the side of each; values that are not finite, as at a point source, count as 0.
struct NodeValues {
  std::vector<double> source, mu;

  NodeValues(const Problem& problem, const PieceMap& map, ThreadPool& pool)
      : source(map.of_node.size(), 0.0), mu(map.of_node.size(), 0.0) {
    const Vec3<double> edge = problem.box.edge();
    pool.run(map.cells[0] + 1, [&](index_t i) {
      std::array<Points, kSides> points;
      std::array<std::vector<std::size_t>, kSides> members;
      for (std::int64_t j = 0; j <= map.cells[1]; ++j) {
        for (std::int64_t k = 0; k <= map.cells[2]; ++k) {
          const std::size_t n = at(map.node(i, j, k));
          const auto side = at(index_of(map.pieces[at(map.of_node[n])].side));
          const At place = {i, j, k};
          Vec3<double> p;
          for (int axis = 0; axis < kDim; ++axis) {
            const double part = static_cast<double>(place[at(axis)]) / static_cast<double>(map.cells[at(axis)]);
            p[axis] = problem.box.lower[axis] + edge[axis] * part;
          }
          points[side].push_back(p);
          members[side].push_back(n);
        }
      }
      for (std::size_t s = 0; s < kSides; ++s) take(problem.medium(static_cast<Side>(s)), points[s], members[s]);
    });
  }

 private:
  void take(const Medium& medium, const Points& points, const std::vector<std::size_t>& members) {
    std::vector<double> f(members.size()), m(members.size());
    medium.f.evaluate(points.view(), f);
    medium.mu.evaluate(points.view(), m);
    for (std::size_t i = 0; i < members.size(); ++i) {
      const double quotient = f[i] / m[i];
      source[members[i]] = std::isfinite(quotient) ? quotient : 0.0;
      mu[members[i]] = std::isfinite(m[i]) ? m[i] : 0.0;
    }
  }
};

// Adds to `excess` the root of what is beyond kFarAbove times the mean, or times `little` if that is more.
void add_excess(const std::vector<double>& indicator, double little, std::vector<double>& excess) {
  const double mean = sum_of(indicator) / static_cast<double>(indicator.size());
  const double usual = std::max(mean, little);
  if (!(usual > 0.0)) return;
  for (std::size_t n = 0; n < indicator.size(); ++n) {
    excess[n] += std::sqrt(std::max(0.0, indicator[n] / usual - kFarAbove));
  }
}

// Where sources and mu vary, or sources are large, far above their means, over the cells.
std::vector<double> excess_of(const Problem& problem, const PieceMap& map, ThreadPool& pool) {
  const NodeValues values(problem, map, pool);
  const std::size_t count = at(map.cells[0] * map.cells[1] * map.cells[2]);
  std::vector<double> source(count), change(count), excess(count, 0.0);
  for_each_cell(map, [&](const At& cell, std::size_t n) {
    for (const Side side : {Side::minus, Side::plus}) {
      double low = 0.0, high = 0.0, mu_low = 0.0, mu_high = 0.0;
      bool first = true;
      for (int corner = 0; corner < 8; ++corner) {
        const At place = {cell[0] + (corner >> 2 & 1), cell[1] + (corner >> 1 & 1), cell[2] + (corner & 1)};
        const std::size_t node = at(map.node(place[0], place[1], place[2]));
        if (map.pieces[at(map.of_node[node])].side != side) continue;
        const double q = values.source[node], m = values.mu[node];
        low = first ? q : std::min(low, q);
        high = first ? q : std::max(high, q);
        mu_low = first ? m : std::min(mu_low, m);
        mu_high = first ? m : std::max(mu_high, m);
        first = false;
      }
      source[n] = std::max(source[n], std::max(std::abs(low), std::abs(high)) + (high - low));
      if (mu_low > 0.0) change[n] = std::max(change[n], (mu_high - mu_low) / mu_low);
    }
  });
  add_excess(source, 0.0, excess);
  add_excess(change, kLittleChange, excess);
  return excess;
}

// Sums of n numbers at a time, made cumulative shares of each; returns the sums.
std::vector<double> accumulate_shares(std::vector<double>& values, std::int64_t n) {
  std::vector<double> sums;
  for (std::size_t first = 0; first < values.size(); first += at(n)) {
    double sum = 0.0;
    for (std::size_t i = first; i < first + at(n); ++i) values[i] = sum += values[i];
    for (std::size_t i = first; i < first + at(n); ++i) values[i] /= sum;
    sums.push_back(sum);
  }
  return sums;
}

}  // namespace

void PointShares::validate() const {
  check_share("pieces", pieces);
  check_share("sources", sources);
  if (pieces + sources > 1.0) {
    throw InvalidArgument("sources", "shares must not exceed 1 together, got " + std::to_string(pieces + sources));
  }
}

PointDensity::PointDensity(const Problem& problem, const PieceMap& map, PointShares shares, ThreadPool& pool) {
  shares.validate();
  const std::size_t count = at(map.cells[0] * map.cells[1] * map.cells[2]);
  std::vector<double> excess;
  if (shares.sources > 0.0) excess = excess_of(problem, map, pool);
  const double total = sum_of(excess);
  const double by_sources = total > 0.0 ? shares.sources : 0.0;
  const double by_pieces = map.pieces.size() > 1 ? shares.pieces : 0.0;
  if (by_sources == 0.0 && by_pieces == 0.0) return;
  // Something everywhere, so that no cell is without points.
  const double even = std::max(1.0 - by_sources - by_pieces, 1e-3);
  std::vector<double> mass(count, even / static_cast<double>(count));
  if (by_pieces > 0.0) add_by_pieces(map, by_pieces, mass);
  for (std::size_t n = 0; by_sources > 0.0 && n < count; ++n) mass[n] += by_sources * excess[n] / total;
  cells_ = map.cells;
  z_ = std::move(mass);
  y_ = accumulate_shares(z_, cells_[2]);
  x_ = accumulate_shares(y_, cells_[1]);
  accumulate_shares(x_, cells_[0]);
}

DensityView PointDensity::view() const { return {{cells_[0], cells_[1], cells_[2]}, x_.data(), y_.data(), z_.data()}; }

}  // namespace nbm
