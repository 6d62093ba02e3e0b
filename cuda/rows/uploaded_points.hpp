#pragma once
#include <vector>

#include "core/device_buffer.hpp"
#include "nbm/rows/row_sets.hpp"
#include "rows/device_rows.hpp"

namespace nbm::cuda {

// One set of point rows that was made on the host, in device memory that stays where it is while it has the room.
class UploadedPoints {
 public:
  // Copies the rows, in the order of the stream, into room for `most`; *count is the caller's.
  const DevicePointRows& upload(const PointRows& rows, index_t most, const index_t* count, cudaStream_t stream);

 private:
  std::vector<double> host_;
  DeviceBuffer<double> memory_;
  DevicePointRows view_{};
};

}  // namespace nbm::cuda
