#include "nbm/rows/assemble.hpp"

namespace nbm {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

Vec3<double> point_of(const std::array<std::vector<double>, kDim>& x, std::size_t i) {
  return {x[0][i], x[1][i], x[2][i]};
}

// What rows make of the ramp is taken from their right sides. Its second differences are 0.
void take_ramp(const Vec3<double>& ramp, DifferenceRows& rows) {
  for (std::size_t i = 0; i < rows.rhs.size(); ++i) {
    rows.rhs[i] -= rows.value[i] * dot(ramp, point_of(rows.x, i));
    for (int axis = 0; axis < kDim; ++axis) rows.rhs[i] -= rows.first[at(axis)][i] * ramp[axis] * rows.step[axis];
  }
}

void take_ramp(const Vec3<double>& ramp, StencilRows& rows) {
  for (std::size_t side = 0; side < kSides; ++side) {
    for (index_t i = 0; i < rows.size(); ++i) {
      for (index_t j = rows.begin[side][at(i)]; j < rows.begin[side][at(i) + 1]; ++j) {
        rows.rhs[at(i)] -= rows.weight[side][at(j)] * dot(ramp, point_of(rows.x[side], at(j)));
      }
    }
  }
}

void take_ramp(const Vec3<double>& ramp, PointRows& rows) {
  for (std::size_t side = 0; side < kSides; ++side) {
    const auto& weight = rows.weight[side];
    for (std::size_t i = 0; i < rows.rhs.size(); ++i) {
      if (rows.terms().value[side]) rows.rhs[i] -= weight[0][i] * dot(ramp, point_of(rows.x, i));
      for (int axis = 0; rows.terms().first[side] && axis < kDim; ++axis) {
        rows.rhs[i] -= weight[at(1 + axis)][i] * ramp[axis] * rows.step[axis];
      }
    }
  }
}

void scale_difference_rows(DifferenceRows& rows, int side, const ValueScale& values) {
  for (std::size_t i = 0; i < rows.rhs.size(); ++i) {
    const double weight = rows.value[i];
    rows.rhs[i] = values.rhs(rows.rhs[i], side == 0 ? weight : 0.0, side == 1 ? weight : 0.0);
  }
}

void scale_stencil_rows(StencilRows& rows, const ValueScale& values) {
  for (index_t i = 0; i < rows.size(); ++i) {
    double sums[kSides] = {0.0, 0.0};
    for (std::size_t side = 0; side < kSides; ++side) {
      for (index_t j = rows.begin[side][at(i)]; j < rows.begin[side][at(i) + 1]; ++j) {
        sums[side] += rows.weight[side][at(j)];
      }
    }
    rows.rhs[at(i)] = values.rhs(rows.rhs[at(i)], sums[0], sums[1]);
  }
}

void scale_point_rows(PointRows& rows, const ValueScale& values) {
  for (std::size_t i = 0; i < rows.rhs.size(); ++i) {
    double weights[kSides] = {0.0, 0.0};
    for (std::size_t side = 0; side < kSides; ++side) {
      if (rows.terms().value[side]) weights[side] = rows.weight[side][0][i];
    }
    rows.rhs[i] = values.rhs(rows.rhs[i], weights[0], weights[1]);
  }
}

}  // namespace

void scale_values(RowSet& rows, const ValueScale& values) {
  if (!values.changes()) return;
  if (values.has_ramp()) {
    for (DifferenceRows& side : rows.regular) take_ramp(values.ramp, side);
    take_ramp(values.ramp, rows.irregular);
    for (PointRows& set : rows.points) take_ramp(values.ramp, set);
  }
  for (int side = 0; side < kSides; ++side) scale_difference_rows(rows.regular[at(side)], side, values);
  scale_stencil_rows(rows.irregular, values);
  for (PointRows& set : rows.points) scale_point_rows(set, values);
}

}  // namespace nbm
