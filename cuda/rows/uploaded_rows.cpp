#include "rows/uploaded_rows.hpp"

namespace nbm::cuda {

const double* UploadedRows::put(const std::vector<double>& values) {
  if (used_ == arrays_.size()) arrays_.emplace_back();
  DeviceBuffer<double>& array = arrays_[used_++];
  array.upload(values, stream_);
  return array.data();
}

template <std::size_t n>
void UploadedRows::put_all(const std::array<std::vector<double>, n>& from, const double* (&to)[n]) {
  for (std::size_t i = 0; i < n; ++i) to[i] = put(from[i]);
}

// Where the device has the copy of one of counts_.
const index_t* UploadedRows::count_of(const index_t& count) const {
  const auto* first = reinterpret_cast<const index_t*>(&counts_);
  return reinterpret_cast<const index_t*>(device_counts_.data()) + (&count - first);
}

void UploadedRows::upload(const RowSet& rows, cudaStream_t stream) {
  stream_ = stream;
  used_ = 0;
  for (std::size_t s = 0; s < kSides; ++s) {
    counts_.regular[s] = rows.regular[s].size();
    counts_.boundary[s] = rows.boundary[s].size();
  }
  counts_.irregular = rows.irregular.size();
  counts_.jump = rows.value_jump.size();
  device_counts_.upload({&counts_, 1}, stream);
  for (std::size_t s = 0; s < kSides; ++s) {
    const DifferenceRows& from = rows.regular[s];
    DeviceDifferenceRows& to = rows_.regular[s];
    put_all(from.x, to.x);
    put_all(from.first, to.first);
    put_all(from.second, to.second);
    to.step = from.step;
    to.value = put(from.value);
    to.rhs = put(from.rhs);
    to.count = count_of(counts_.regular[s]);
    to.most = from.size();

    const ValueRows& on_boundary = rows.boundary[s];
    DeviceValueRows& values = rows_.boundary[s];
    put_all(on_boundary.x, values.x);
    values.target = put(on_boundary.target);
    values.scale = put(on_boundary.scale);
    values.count = count_of(counts_.boundary[s]);
    values.most = on_boundary.size();

    begin_[s].upload(rows.irregular.begin[s], stream);
    rows_.irregular.begin[s] = begin_[s].data();
    put_all(rows.irregular.x[s], rows_.irregular.x[s]);
    rows_.irregular.weight[s] = put(rows.irregular.weight[s]);
  }
  rows_.irregular.rhs = put(rows.irregular.rhs);
  rows_.irregular.count = count_of(counts_.irregular);
  rows_.irregular.most = rows.irregular.size();
  rows_.irregular.most_entries =
      static_cast<index_t>(std::max(rows.irregular.weight[0].size(), rows.irregular.weight[1].size()));
  const auto put_jump = [&](const JumpRows& from, DeviceJumpRows& to) {
    to.step = from.step;
    put_all(from.x, to.x);
    for (std::size_t s = 0; s < kSides; ++s) {
      to.value[s] = from.value[s];
      put_all(from.first[s], to.first[s]);
    }
    to.rhs = put(from.rhs);
    to.count = count_of(counts_.jump);
    to.most = from.size();
  };
  put_jump(rows.value_jump, rows_.value_jump);
  put_jump(rows.flux_jump, rows_.flux_jump);
  check(cudaStreamSynchronize(stream), "work on the GPU");
}

}  // namespace nbm::cuda
