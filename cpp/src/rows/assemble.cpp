#include "nbm/rows/assemble.hpp"

#include <algorithm>

#include "irregular_block.hpp"
#include "nbm/core/error.hpp"
#include "nbm/rows/regular_row.hpp"

namespace nbm {
namespace {

constexpr index_t kRegularBlock = 256;
constexpr std::size_t kTypicalEntries = 32;  // of an irregular row, a side

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

void normalize(const Box& box, PointsView points, std::array<std::vector<double>, kDim>& x, index_t offset) {
  const Vec3<double> center = box.center(), edge = box.edge();
  const double* const from[kDim] = {points.x, points.y, points.z};
  for (int axis = 0; axis < kDim; ++axis) {
    double* to = x[at(axis)].data() + offset;
    const double c = center[axis], scale = 2.0 / edge[axis];
    for (index_t i = 0; i < points.size; ++i) to[i] = scale * (from[axis][i] - c);
  }
}

// Evaluates a coefficient; a constant one is checked at the first point only.
template <class Evaluate>
void evaluate_block(Evaluate evaluate, const Field& field, const char* name, PointsView points, double* values) {
  const index_t distinct = field.constant() != nullptr ? std::min<index_t>(1, points.size) : points.size;
  evaluate(field, name, points.slice(0, distinct), std::span(values, at(distinct)));
  if (distinct < points.size) std::fill(values + distinct, values + points.size, values[0]);
}

// mu at the faces of a block of cells, face by face: values[face * points.size + i].
void evaluate_faces(const Field& mu, const char* name, PointsView points, Vec3<double> h, Points& faces,
                    double* values) {
  for (int face = 0; face < kFaces; ++face) {
    for (index_t i = 0; i < points.size; ++i) {
      faces.set(face * points.size + i, face_center(points[i], h, face));
    }
  }
  evaluate_block(evaluate_positive, mu, name, faces.view().slice(0, kFaces * points.size), values);
}

// Appends the row of one cell: the nodes of nonzero weight, to the side each lies on.
class StencilWriter {
 public:
  StencilWriter(StencilRows& rows, const Box& box, Vec3<double> h, index_t cells)
      : rows_(rows), box_(box), step_(box.normalize_lengths(h)) {
    rows_.clear();
    rows_.rhs.reserve(at(cells));
    for (auto& begin : rows_.begin) begin.reserve(at(cells) + 1);
    for (std::size_t side = 0; side < kSides; ++side) {
      for (auto& axis : rows_.x[side]) axis.reserve(at(cells) * kTypicalEntries);
      rows_.weight[side].reserve(at(cells) * kTypicalEntries);
    }
  }

  void append(const IrregularCell& cell) {
    const Vec3<double> center = box_.normalize(cell.x);
    count_ = {};
    for (int i = -kCubeReach; i <= kCubeReach; ++i) {
      for (int j = -kCubeReach; j <= kCubeReach; ++j) {
        for (int k = -kCubeReach; k <= kCubeReach; ++k) {
          if (touches(cell.row, cube_index(i, j, k))) keep(stencil_entry(cell, {i, j, k}, center, step_));
        }
      }
    }
    for (std::size_t side = 0; side < kSides; ++side) {
      const std::size_t n = count_[side];
      for (std::size_t axis = 0; axis < kDim; ++axis) {
        rows_.x[side][axis].insert(rows_.x[side][axis].end(), x_[side][axis], x_[side][axis] + n);
      }
      rows_.weight[side].insert(rows_.weight[side].end(), weight_[side], weight_[side] + n);
      rows_.begin[side].push_back(static_cast<index_t>(rows_.weight[side].size()));
    }
    rows_.rhs.push_back(stencil_rhs(cell.row));
  }

 private:
  void keep(const StencilEntry& entry) {
    const std::size_t s = at(index_of(entry.side)), n = count_[s]++;
    x_[s][0][n] = entry.x.x;
    x_[s][1][n] = entry.x.y;
    x_[s][2][n] = entry.x.z;
    weight_[s][n] = entry.weight;
  }

  StencilRows& rows_;
  const Box& box_;
  Vec3<double> step_;
  std::array<std::size_t, kSides> count_{};
  double x_[kSides][kDim][kStencilNodes], weight_[kSides][kStencilNodes];
};

}  // namespace

DifferenceRows make_difference_rows(const Box& box, Vec3<double> h, index_t n) {
  DifferenceRows rows;
  rows.resize(n);
  rows.step = box.normalize_lengths(h);
  return rows;
}

void assemble_regular(const Problem& problem, Side side, PointsView points, Vec3<double> h, DifferenceRows& rows,
                      index_t offset, std::span<double> diagonal) {
  const Medium& medium = problem.medium(side);
  const MediumNames& names = names_of(side);
  Points faces(kFaces * std::min(points.size, kRegularBlock));
  std::vector<double> mu(faces.x.size()), k(at(kRegularBlock)), f(at(kRegularBlock));
  normalize(problem.box, points, rows.x, offset);
  for (index_t first = 0; first < points.size; first += kRegularBlock) {
    const PointsView block = points.slice(first, std::min(kRegularBlock, points.size - first));
    evaluate_faces(medium.mu, names.mu, block, h, faces, mu.data());
    evaluate_block(evaluate_finite, medium.k, names.k, block, k.data());
    evaluate_block(evaluate_finite, medium.f, names.f, block, f.data());
    for (index_t i = 0; i < block.size; ++i) {
      double mu_of_cell[kFaces];
      for (int face = 0; face < kFaces; ++face) mu_of_cell[face] = mu[at(face * block.size + i)];
      const RegularRow<double> row = regular_row(mu_of_cell, k[at(i)], f[at(i)], h);
      const std::size_t to = at(offset + first + i);
      rows.value[to] = row.value;
      rows.rhs[to] = row.rhs;
      if (!diagonal.empty()) diagonal[at(first + i)] = row.diagonal;
      for (int axis = 0; axis < kDim; ++axis) {
        rows.first[at(axis)][to] = row.first[axis];
        rows.second[at(axis)][to] = row.second[axis];
      }
    }
  }
}

StencilRows assemble_irregular(const Problem& problem, PointsView points, Vec3<double> h) {
  if (problem.has_interface_law() && points.size > 0) {
    throw InvalidArgument("problem", "cut cells take no resistance or surface_reaction; use the rows of jumps");
  }
  StencilRows rows;
  StencilWriter writer(rows, problem.box, h, points.size);
  IrregularBlock block(problem, h);
  for (index_t first = 0; first < points.size; first += IrregularBlock::kCapacity) {
    block.place(points.slice(first, std::min(IrregularBlock::kCapacity, points.size - first)));
    block.assemble();
    for (index_t i = 0; i < block.size(); ++i) writer.append(block[i]);
  }
  return rows;
}

}  // namespace nbm
