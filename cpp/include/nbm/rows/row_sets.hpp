#pragma once
#include <array>
#include <vector>

#include "nbm/core/types.hpp"

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

// Rows that touch any number of points of both networks (section 7), compressed by row:
//   residual_i = sum_side sum_{begin[side][i] <= j < begin[side][i+1]} weight[side][j] u_side(x[side][j]) - rhs_i
struct NBM_EXPORT StencilRows {
  std::array<std::vector<index_t>, kSides> begin;               // [n + 1] a side
  std::array<std::array<std::vector<double>, kDim>, kSides> x;  // [entries] a side and axis
  std::array<std::vector<double>, kSides> weight;               // [entries] a side
  std::vector<double> rhs;                                      // [n]

  index_t size() const { return static_cast<index_t>(rhs.size()); }
  void clear();
  // Appends the rows of another set behind these.
  void append(const StencilRows& other);
};

// Rows on single values of one network (section 8): residual_i = scale_i (u(x_i) - target_i).
struct NBM_EXPORT ValueRows {
  std::array<std::vector<double>, kDim> x;  // [n]
  std::vector<double> target;               // [n]
  std::vector<double> scale;                // [n]

  index_t size() const { return static_cast<index_t>(target.size()); }
  void resize(index_t n);
};

// Rows of both networks around single points, in difference form: jump conditions on the interface (section 10).
//   residual_i = sum_side value[side] u_side + sum_side,k first[side][k][i] first_side,k - rhs_i
// with value the same for all rows.
struct NBM_EXPORT JumpRows {
  Vec3<double> step;                                                // as in DifferenceRows
  std::array<std::vector<double>, kDim> x;                          // [n]
  std::array<double, kSides> value{};                               // a side
  std::array<std::array<std::vector<double>, kDim>, kSides> first;  // [n] a side and axis
  std::vector<double> rhs;                                          // [n]

  index_t size() const { return static_cast<index_t>(rhs.size()); }
  void resize(index_t n);
};

// All rows of one training step that this process holds. Irregular rows belong to the sharp-interface discretization,
// jump rows to the direct-jump discretization.
struct NBM_EXPORT RowSet {
  std::array<DifferenceRows, kSides> regular;
  StencilRows irregular;
  std::array<ValueRows, kSides> boundary;
  JumpRows value_jump, flux_jump;
};

}  // namespace nbm
