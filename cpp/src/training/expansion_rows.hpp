#pragma once
#include <array>
#include <string>
#include <vector>

#include "nbm/core/aligned_buffer.hpp"
#include "training/expansion_points.hpp"

namespace nbm {

// Rows that involve one piece or two, the columns of the first before those of the second; weighted, and divided by the
// root of the number of rows in their group, so that the sum of squares is a sum of mean squares.
struct RowBlock {
  std::string group;
  std::array<index_t, 2> piece = {-1, -1};
  index_t rows = 0, columns = 0;
  std::vector<double> matrix;  // [rows][columns]
  std::vector<double> rhs;     // [rows]
};

// A constant that is taken out of u before the fit, so that it costs no digits: the mean of the boundary values.
double boundary_mean(const Problem& problem, const ExpansionPoints& points);

// The rows of all pieces for u - shift.
std::vector<RowBlock> make_expansion_rows(const Problem& problem, const std::vector<PieceBasis>& pieces,
                                          const LabelledPieces& found, const ExpansionPoints& points,
                                          const Expansion& lookup, double shift, ThreadPool& pool);

}  // namespace nbm
