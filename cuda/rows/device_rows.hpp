#pragma once
#include <vector>

#include "nbm/rows/point_row.hpp"
#include "nbm/rows/row_groups.hpp"

// Rows of one draw in device memory: views with the members of row_sets.hpp. A view holds room for `most` rows and has
// *count rows (device memory: the host need not wait for it). Valid until the next draw.
namespace nbm::cuda {

struct DeviceDifferenceRows {  // row_sets.hpp: DifferenceRows
  Vec3<double> step;
  const double* x[kDim];
  const double* value;
  const double* first[kDim];
  const double* second[kDim];
  const double* rhs;
  const index_t* count;
  index_t most;
};

struct DeviceStencilRows {       // row_sets.hpp: StencilRows
  const index_t* begin[kSides];  // [*count + 1] a side
  const double* x[kSides][kDim];
  const double* weight[kSides];
  const double* rhs;
  const index_t* count;
  index_t most;
  index_t most_entries;  // a side
};

struct DevicePointRows {  // row_sets.hpp: PointRows
  Vec3<double> step;
  const double* x[kDim];
  const double* weight[kSides][kPointTerms];  // null: the rows do not have the term
  const double* rhs;
  const index_t* count;
  index_t most;
  int group;
  bool touches[kSides];
  bool has_differences;

  bool one_sided() const { return touches[0] != touches[1]; }
};

struct DeviceRows {  // row_sets.hpp: RowSet
  DeviceDifferenceRows regular[kSides];
  DeviceStencilRows irregular;
  std::vector<DevicePointRows> points;
};

// How many rows of each set there are, known to the host.
struct DeviceRowCounts {
  index_t regular[kSides] = {0, 0};
  index_t irregular = 0;
  std::vector<index_t> points;  // of each set

  PerGroup<double> by_group(const DeviceRows& rows) const;
};

// How many points of each class a draw has, in the order of PointClass; also in device memory, where the views' `count`
// point into it.
struct PointCounts {
  index_t regular[kSides] = {0, 0};
  index_t irregular = 0;
  index_t boundary[kSides] = {0, 0};
  index_t interface = 0;

  friend bool operator==(const PointCounts&, const PointCounts&) = default;
};

}  // namespace nbm::cuda
