#include "nbm/rows/assemble.hpp"

#include <algorithm>

#include "nbm/rows/regular_row.hpp"

namespace nbm {
namespace {

constexpr index_t kRegularBlock = 256;

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

}  // namespace nbm
