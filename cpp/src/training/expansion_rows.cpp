#include "training/expansion_rows.hpp"

#include <algorithm>
#include <cmath>

#include "nbm/core/error.hpp"
#include "nbm/rows/assemble.hpp"
#include "nbm/rows/point_row.hpp"
#include "network/basis_view.hpp"
#include "problem/periods.hpp"

namespace nbm {
namespace {

constexpr double kCells = 16384;  // of the regular rows along an edge: derivatives are exact, only mu has differences
constexpr double kValueWeight = 10.0, kBoundaryWeight = 10.0;
constexpr double kSmallPiece = 0.1;        // of the box: pieces below have less weight in the equation,
constexpr double kLeastPieceWeight = 0.3;  // down to this
constexpr index_t kGrain = 32;             // rows in a task

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

RowBlock empty_block(const char* group, std::array<index_t, 2> piece, const std::vector<PieceBasis>& pieces,
                     index_t rows) {
  RowBlock block{group, piece, rows, pieces[at(piece[0])].size(), {}, std::vector<double>(at(rows))};
  if (piece[1] >= 0) block.columns += pieces[at(piece[1])].size();
  block.matrix.resize(at(rows * block.columns));
  return block;
}

// weights(i) gives row i of the piece whose columns begin at `column`.
template <class Weights>
void fill(RowBlock& block, index_t column, const PieceBasis& basis, const Expansion& lookup, PointsView points,
          ThreadPool& pool, Weights&& weights) {
  const PreparedBasis prepared(basis);
  const auto tasks = TaskPartition::of(points.size, kGrain, 4096);
  pool.run(tasks.tasks, [&](index_t t) {
    for (index_t i = tasks.begin(t); i < tasks.end(t); ++i) {
      prepared.row(lookup.to_expansion(points[i]), weights(i), block.matrix.data() + i * block.columns + column);
    }
  });
}

// k u - div(mu grad u) = f, divided by about what it is of u: the least eigenvalue of the box, and k.
RowBlock equation_rows(const Problem& problem, index_t piece, const std::vector<PieceBasis>& pieces,
                       const LabelledPieces& found, const Points& points, const Expansion& lookup, double shift,
                       ThreadPool& pool) {
  const PieceBasis& basis = pieces[at(piece)];
  RowBlock block = empty_block("equation", {piece, -1}, pieces, points.size());
  const Vec3<double> edge = problem.box.edge();
  const Vec3<double> h = (1.0 / kCells) * edge;
  DifferenceRows rows = make_difference_rows(problem.box, h, points.size());
  std::vector<double> diagonal(points.x.size());
  assemble_regular(problem, basis.side, points.view(), h, rows, 0, diagonal);
  double sum_of_cells = 0.0, sum_of_edges = 0.0;
  for (int k = 0; k < kDim; ++k) {
    sum_of_cells += 2.0 / (h[k] * h[k]);
    sum_of_edges += 8.0 / (edge[k] * edge[k]);
  }
  const double own = std::sqrt(found.pieces[at(piece)].volume / kSmallPiece);
  const double weight = std::clamp(own, kLeastPieceWeight, 1.0) / std::sqrt(static_cast<double>(points.size()));
  std::vector<double> factor(points.x.size());
  for (std::size_t i = 0; i < factor.size(); ++i) {
    const double k = rows.value[i] * diagonal[i], mu = (diagonal[i] - k) / sum_of_cells;
    factor[i] = weight * diagonal[i] / (mu * sum_of_edges + std::abs(k));
    block.rhs[i] = factor[i] * (rows.rhs[i] - shift * rows.value[i]);
  }
  fill(block, 0, basis, lookup, points.view(), pool, [&](index_t i) {
    RowWeights row{factor[at(i)] * rows.value[at(i)], {}, {}};
    for (int k = 0; k < kDim; ++k) {
      const double step = h[k] / lookup.unit();
      row.first[k] = factor[at(i)] * step * rows.first[at(k)][at(i)];
      row.second[k] = factor[at(i)] * step * step * rows.second[at(k)][at(i)];
    }
    return row;
  });
  return block;
}

RowBlock boundary_rows(const Problem& problem, index_t piece, const std::vector<PieceBasis>& pieces,
                       const Points& points, index_t all, const Expansion& lookup, double shift, ThreadPool& pool) {
  const PieceBasis& basis = pieces[at(piece)];
  RowBlock block = empty_block("boundary", {piece, -1}, pieces, points.size());
  const double weight = kBoundaryWeight / std::sqrt(static_cast<double>(all));
  const BoundaryConditions given = boundary_conditions(problem, basis.side, points);
  for (std::size_t i = 0; i < given.rhs.size(); ++i) block.rhs[i] = weight * (given.rhs[i] - shift * given.value[i]);
  fill(block, 0, basis, lookup, points.view(), pool, [&](index_t i) {
    RowWeights row{weight * given.value[at(i)], {}, {}};
    for (int k = 0; k < kDim; ++k) row.first[k] = weight * given.slope[at(k)][at(i)] / lookup.unit();
    return row;
  });
  return block;
}

// Where u is known but for a constant: its mean over a piece is 0.
RowBlock mean_row(index_t piece, const std::vector<PieceBasis>& pieces, const Points& points, const Expansion& lookup,
                  ThreadPool& pool) {
  RowBlock values = empty_block("mean", {piece, -1}, pieces, points.size());
  fill(values, 0, pieces[at(piece)], lookup, points.view(), pool, [](index_t) { return RowWeights{1.0, {}, {}}; });
  RowBlock mean = empty_block("mean", {piece, -1}, pieces, 1);
  for (index_t i = 0; i < values.rows; ++i) {
    for (index_t j = 0; j < values.columns; ++j) mean.matrix[at(j)] += values.matrix[at(i * values.columns + j)];
  }
  for (double& value : mean.matrix) value /= static_cast<double>(points.size());
  return mean;
}

// Both jumps at the points of a part of the interface, as point rows on exact derivatives. The constant that was taken
// out has no jump, but reacts.
void add_jump_rows(const Problem& problem, const InterfacePart& part, index_t all,
                   const std::vector<PieceBasis>& pieces, const Expansion& lookup, double shift, ThreadPool& pool,
                   std::vector<RowBlock>& blocks) {
  const PointsView points = part.points.view().slice(0, part.rows);
  const JumpConditions jumps = jump_conditions(problem, points);
  std::vector<PointRow<double>> values, fluxes;
  for (index_t i = 0; i < part.rows; ++i) {
    const Vec3<double> normal = part.normals[i];
    values.push_back(value_jump_row(jumps[at(i)], normal, {1.0, 1.0, 1.0}, lookup.unit()));
    fluxes.push_back(flux_jump_row(jumps[at(i)], normal, {1.0, 1.0, 1.0}, lookup.unit()));
  }
  const double share = 1.0 / std::sqrt(static_cast<double>(all));
  const auto add = [&](const char* group, const std::vector<PointRow<double>>& rows, double weight) {
    RowBlock block = empty_block(group, {part.piece[0], part.piece[1]}, pieces, part.rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      block.rhs[i] = weight * (rows[i].rhs - shift * (rows[i].weight[0][0] + rows[i].weight[1][0]));
    }
    index_t column = 0;
    for (int s = 0; s < kSides; ++s) {
      const PieceBasis& basis = pieces[at(part.piece[at(s)])];
      fill(block, column, basis, lookup, points, pool, [&](index_t i) {
        const double* of = rows[at(i)].weight[s];
        const double slope = weight / lookup.unit();
        return RowWeights{weight * of[0], {slope * of[1], slope * of[2], slope * of[3]}, {}};
      });
      column += basis.size();
    }
    blocks.push_back(std::move(block));
  };
  add("value_jump", values, kValueWeight * share);
  add("flux_jump", fluxes, share);
}

// u and mu dn u of the two walls of a period, at points of the lower one: the upper less the lower, but for what is
// given; the flux as a value of u.
void add_period_rows(const Problem& problem, const PeriodPart& part, index_t all, const std::vector<PieceBasis>& pieces,
                     const Expansion& lookup, ThreadPool& pool, std::vector<RowBlock>& blocks) {
  const int face = 2 * part.axis + 1;
  const Side side = pieces[at(part.piece[0])].side;
  const Points walls[2] = {part.points, moved_to_wall(problem.box, face, part.points.view())};
  std::vector<double> jump(part.points.x.size()), mu(jump.size());
  evaluate_finite(problem.periods[at(part.axis)].jump_u, "walls.jump", part.points.view(), jump);
  evaluate_positive(problem.medium(side).mu, names_of(side).mu, part.points.view(), mu);
  const std::vector<double> source = evaluate_wall(problem.walls, face, side, walls[1].view()).flux;
  const double weight = kBoundaryWeight / std::sqrt(static_cast<double>(all));
  const double length = half_of_longest_edge(problem.box.edge());
  const bool same = part.piece[0] == part.piece[1];
  const auto add = [&](const char* group, auto&& rhs, auto&& weights) {
    RowBlock of_wall[2];
    for (std::size_t w = 0; w < 2; ++w) {
      const index_t piece = part.piece[w];
      of_wall[w] = empty_block(group, {piece, -1}, pieces, part.points.size());
      fill(of_wall[w], 0, pieces[at(piece)], lookup, walls[w].view(), pool,
           [&](index_t i) { return weights(i, w == 0 ? -weight : weight); });
    }
    RowBlock block = empty_block(group, {part.piece[0], same ? -1 : part.piece[1]}, pieces, part.points.size());
    for (index_t i = 0; i < block.rows; ++i) {
      block.rhs[at(i)] = weight * rhs(at(i));
      index_t column = 0;
      for (const RowBlock& own : of_wall) {
        double* to = block.matrix.data() + i * block.columns + column;
        for (index_t j = 0; j < own.columns; ++j) to[j] += own.matrix[at(i * own.columns + j)];
        column += same ? 0 : own.columns;
      }
    }
    blocks.push_back(std::move(block));
  };
  add(
      "periodic_value", [&](std::size_t i) { return jump[i]; },
      [](index_t, double factor) {
        return RowWeights{factor, {}, {}};
      });
  add(
      "periodic_flux", [&](std::size_t i) { return length * source[i] / mu[i]; },
      [&](index_t, double factor) {
        RowWeights row{0.0, {}, {}};
        row.first[part.axis] = factor * length / lookup.unit();
        return row;
      });
}

}  // namespace

double boundary_mean(const Problem& problem, const ExpansionPoints& points) {
  double sum = 0.0;
  index_t count = 0;
  for (std::size_t p = 0; p < points.boundary.size(); ++p) {
    const Side side = points.sides[p];
    for (const WallPoints& on : by_wall(problem, points.boundary[p])) {
      std::vector<double> values(on.number.size());
      if (on.wall < 0) {
        evaluate_finite(problem.medium(side).boundary, names_of(side).boundary, on.points.view(), values);
      } else {
        const WallValues law = evaluate_wall(problem.walls, on.wall, side, on.points.view());
        if (std::all_of(law.transfer.begin(), law.transfer.end(), [](double h) { return h == 0.0; })) continue;
        values = law.ambient;
      }
      for (const double value : values) sum += value;
      count += on.points.size();
    }
  }
  return count == 0 ? 0.0 : sum / static_cast<double>(count);
}

std::vector<RowBlock> make_expansion_rows(const Problem& problem, const std::vector<PieceBasis>& pieces,
                                          const LabelledPieces& found, const ExpansionPoints& points,
                                          const Expansion& lookup, double shift, ThreadPool& pool) {
  index_t all_boundary = 0, all_jumps = 0;
  for (const Points& own : points.boundary) all_boundary += own.size();
  for (const PeriodPart& part : points.periods) all_boundary += 2 * part.points.size();
  for (const InterfacePart& part : points.parts) all_jumps += part.rows;
  std::vector<RowBlock> blocks;
  for (index_t p = 0; p < static_cast<index_t>(pieces.size()); ++p) {
    const Points& regular = points.regular[at(p)];
    const Points& boundary = points.boundary[at(p)];
    if (regular.size() > 0) {
      blocks.push_back(equation_rows(problem, p, pieces, found, regular, lookup, shift, pool));
    }
    if (boundary.size() > 0) {
      blocks.push_back(boundary_rows(problem, p, pieces, boundary, all_boundary, lookup, shift, pool));
    }
  }
  for (const PeriodPart& part : points.periods) {
    add_period_rows(problem, part, all_boundary, pieces, lookup, pool, blocks);
  }
  if (problem.is_floating()) {
    const auto largest = std::max_element(found.pieces.begin(), found.pieces.end(),
                                          [](const auto& a, const auto& b) { return a.volume < b.volume; });
    const auto piece = static_cast<index_t>(largest - found.pieces.begin());
    blocks.push_back(mean_row(piece, pieces, points.regular[at(piece)], lookup, pool));
  }
  for (const InterfacePart& part : points.parts) {
    add_jump_rows(problem, part, all_jumps, pieces, lookup, shift, pool, blocks);
  }
  return blocks;
}

}  // namespace nbm
