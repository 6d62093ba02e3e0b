#include "nbm/rows/assemble.hpp"

namespace nbm {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

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
  for (int side = 0; side < kSides; ++side) scale_difference_rows(rows.regular[at(side)], side, values);
  scale_stencil_rows(rows.irregular, values);
  for (PointRows& set : rows.points) scale_point_rows(set, values);
}

}  // namespace nbm
