#pragma once
#include <array>
#include <vector>

#include "nbm/rows/point_row.hpp"
#include "nbm/rows/row_groups.hpp"

// Linear rows: residual = (what the network gives at the row's points) . weights - rhs, already divided by the
// Jacobi diagonal (docs/method.md, section 3). All points are in network coordinates (Box::normalize).
namespace nbm {

// Rows of one network around single points, in difference form (section 5). With the network's value u and, per axis k,
// its half difference first_k = (u(x + h e_k) - u(x - h e_k)) / 2 and second difference second_k at spacing h:
//   residual_i = value_i u + sum_k (first_ik first_k + second_ik second_k) - rhs_i
struct NBM_EXPORT DifferenceRows {
  Vec3<double> step;                             // h in network coordinates: 2 h_k / edge_k
  std::array<std::vector<double>, kDim> x;       // [n] points
  std::vector<double> value;                     // [n]
  std::array<std::vector<double>, kDim> first;   // [n] a axis
  std::array<std::vector<double>, kDim> second;  // [n] an axis
  std::vector<double> rhs;                       // [n]

  index_t size() const { return static_cast<index_t>(rhs.size()); }
  void resize(index_t n);
};

// Rows that touch any number of points of all networks (section 7), compressed by row; network s is that of side s,
// where a side has one:
//   residual_i = sum_s sum_{begin[s][i] <= j < begin[s][i+1]} weight[s][j] u_s(x[s][j]) - rhs_i
struct NBM_EXPORT StencilRows {
  std::vector<std::vector<index_t>> begin;               // [n + 1] a network
  std::vector<std::array<std::vector<double>, kDim>> x;  // [entries] a network and axis
  std::vector<std::vector<double>> weight;               // [entries] a network
  std::vector<double> rhs;                               // [n]

  explicit StencilRows(std::size_t networks = kSides) : begin(networks), x(networks), weight(networks) {}

  std::size_t networks() const { return weight.size(); }

  index_t size() const { return static_cast<index_t>(rhs.size()); }
  void clear();
  // Appends the rows of another set behind these.
  void append(const StencilRows& other);
};

// Which terms the rows of a set have, a side: what is not there costs nothing.
struct PointTerms {
  std::array<bool, kSides> value{};  // the value
  std::array<bool, kSides> first{};  // the half differences
};

// Rows of one group around single points (point_row.hpp): conditions on the boundary, on the interface, data.
//   residual_i = sum_side,q weight[side][q][i] term_side,q - rhs_i
struct NBM_EXPORT PointRows {
  int group = kBoundaryGroup;
  std::array<std::size_t, kSides> network = {0, 1};                         // of each side
  Vec3<double> step;                                                        // as in DifferenceRows
  std::array<std::vector<double>, kDim> x;                                  // [n]
  std::array<std::array<std::vector<double>, kPointTerms>, kSides> weight;  // [n] a side and term, or empty
  std::vector<double> rhs;                                                  // [n]

  PointRows() = default;
  PointRows(int of_group, PointTerms of_terms, index_t n);

  index_t size() const { return static_cast<index_t>(rhs.size()); }
  void resize(index_t n);
  void set(index_t i, Vec3<double> at, const PointRow<double>& row);
  const PointTerms& terms() const { return terms_; }
  bool touches(std::size_t side) const { return terms_.value[side] || terms_.first[side]; }
  bool one_sided() const { return touches(0) != touches(1); }
  bool has_differences() const { return terms_.first[0] || terms_.first[1]; }

 private:
  PointTerms terms_;
};

// All rows of one training step that this process holds. Irregular rows belong to the sharp-interface discretization.
struct NBM_EXPORT RowSet {
  std::vector<DifferenceRows> regular = std::vector<DifferenceRows>(kSides);  // of each network
  StencilRows irregular = StencilRows();
  std::vector<PointRows> points;  // by group; of one group those of the minus side first

  std::size_t networks() const { return regular.size(); }
};

}  // namespace nbm
