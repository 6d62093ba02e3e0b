#pragma once
#include <deque>
#include <vector>

#include "core/device_buffer.hpp"
#include "nbm/rows/observations.hpp"
#include "rows/device_rows.hpp"
#include "rows/uploaded_points.hpp"

namespace nbm::cuda {

// Rows of observations in device memory. The host makes those of a draw, which is little work, and copies them to where
// the last ones were.
class DeviceObservations {
 public:
  DeviceObservations(std::vector<ObservationRows> rows, int rank, int ranks);

  // The share of this rank in a draw; of groups that are not used none. True if pointers have changed.
  bool prepare(index_t draw, Vec3<double> h, const PerGroup<bool>& used, cudaStream_t stream);
  const std::vector<DevicePointRows>& sets() const { return sets_; }
  const std::vector<index_t>& counts() const { return counts_; }  // of each set

 private:
  std::vector<ObservationRows> rows_;
  int rank_, ranks_;
  std::deque<UploadedPoints> memory_;
  std::vector<DevicePointRows> sets_;
  std::vector<index_t> counts_;
  DeviceBuffer<index_t> device_counts_;
};

}  // namespace nbm::cuda
