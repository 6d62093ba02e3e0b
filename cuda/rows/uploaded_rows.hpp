#pragma once
#include <algorithm>
#include <array>
#include <deque>
#include <vector>

#include "core/device_buffer.hpp"
#include "nbm/rows/row_sets.hpp"
#include "rows/device_rows.hpp"
#include "rows/uploaded_points.hpp"

namespace nbm::cuda {

// Rows that were made on the host, copied to device memory.
class UploadedRows {
 public:
  // Waits until the copy is complete.
  void upload(const RowSet& rows, cudaStream_t stream);
  const DeviceRows& rows() const { return rows_; }
  const DeviceRowCounts& counts() const { return counts_; }

 private:
  const double* put(const std::vector<double>& values);
  template <std::size_t n>
  void put_all(const std::array<std::vector<double>, n>& from, const double* (&to)[n]);
  const index_t* count_of(std::size_t set) const;
  void upload_regular(const DifferenceRows& from, std::size_t side);
  void upload_irregular(const StencilRows& from);

  cudaStream_t stream_ = nullptr;
  std::size_t used_ = 0;
  std::deque<DeviceBuffer<double>> arrays_;
  std::deque<UploadedPoints> points_;
  DeviceBuffer<index_t> begin_[kSides];
  DeviceRowCounts counts_;
  DeviceBuffer<index_t> device_counts_;
  DeviceRows rows_{};
};

}  // namespace nbm::cuda
