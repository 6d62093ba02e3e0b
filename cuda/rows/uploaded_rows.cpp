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

// Where the device has the copy of the count of set number `set`: regular, irregular, then point rows.
const index_t* UploadedRows::count_of(std::size_t set) const { return device_counts_.data() + set; }

void UploadedRows::upload(const RowSet& rows, cudaStream_t stream) {
  stream_ = stream;
  used_ = 0;
  counts_ = {{rows.regular[0].size(), rows.regular[1].size()}, rows.irregular.size(), {}};
  std::vector<index_t> counts = {counts_.regular[0], counts_.regular[1], counts_.irregular};
  for (const PointRows& set : rows.points) counts_.points.push_back(set.size());
  counts.insert(counts.end(), counts_.points.begin(), counts_.points.end());
  device_counts_.upload(counts, stream);
  for (std::size_t s = 0; s < kSides; ++s) upload_regular(rows.regular[s], s);
  upload_irregular(rows.irregular);
  rows_.points.clear();
  points_.resize(std::max(points_.size(), rows.points.size()));
  for (std::size_t s = 0; s < rows.points.size(); ++s) {
    const PointRows& set = rows.points[s];
    rows_.points.push_back(points_[s].upload(set, set.size(), count_of(kSides + 1 + s), stream));
  }
  check(cudaStreamSynchronize(stream), "work on the GPU");
}

void UploadedRows::upload_regular(const DifferenceRows& from, std::size_t side) {
  DeviceDifferenceRows& to = rows_.regular[side];
  put_all(from.x, to.x);
  put_all(from.first, to.first);
  put_all(from.second, to.second);
  to.step = from.step;
  to.value = put(from.value);
  to.rhs = put(from.rhs);
  to.count = count_of(side);
  to.most = from.size();
}

void UploadedRows::upload_irregular(const StencilRows& from) {
  DeviceStencilRows& to = rows_.irregular;
  for (std::size_t s = 0; s < kSides; ++s) {
    begin_[s].upload(from.begin[s], stream_);
    to.begin[s] = begin_[s].data();
    put_all(from.x[s], to.x[s]);
    to.weight[s] = put(from.weight[s]);
  }
  to.rhs = put(from.rhs);
  to.count = count_of(kSides);
  to.most = from.size();
  to.most_entries = static_cast<index_t>(std::max(from.weight[0].size(), from.weight[1].size()));
}

PerGroup<double> DeviceRowCounts::by_group(const DeviceRows& rows) const {
  PerGroup<double> counts{};
  counts[kRegularGroup] = static_cast<double>(regular[0] + regular[1]);
  counts[kIrregularGroup] = static_cast<double>(irregular);
  for (std::size_t s = 0; s < points.size(); ++s) {
    counts[static_cast<std::size_t>(rows.points[s].group)] += static_cast<double>(points[s]);
  }
  return counts;
}

}  // namespace nbm::cuda
