#pragma once
#include "nbm/core/types.hpp"

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

struct DeviceValueRows {  // row_sets.hpp: ValueRows
  const double* x[kDim];
  const double* target;
  const double* scale;
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

struct DeviceJumpRows {  // row_sets.hpp: JumpRows
  Vec3<double> step;
  const double* x[kDim];
  double value[kSides];
  const double* first[kSides][kDim];
  const double* rhs;
  const index_t* count;
  index_t most;
};

struct DeviceRows {  // row_sets.hpp: RowSet
  DeviceDifferenceRows regular[kSides];
  DeviceStencilRows irregular;
  DeviceValueRows boundary[kSides];
  DeviceJumpRows value_jump, flux_jump;
};

// How many rows of each kind there are; also in device memory, where the views' `count` point into it.
struct DeviceRowCounts {
  index_t regular[kSides] = {0, 0};
  index_t irregular = 0;
  index_t boundary[kSides] = {0, 0};
  index_t jump = 0;  // of each of the two jump conditions

  friend bool operator==(const DeviceRowCounts&, const DeviceRowCounts&) = default;
};

}  // namespace nbm::cuda
