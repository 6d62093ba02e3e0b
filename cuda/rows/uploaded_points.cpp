#include "rows/uploaded_points.hpp"

#include <algorithm>

namespace nbm::cuda {

const DevicePointRows& UploadedPoints::upload(const PointRows& rows, index_t most, const index_t* count,
                                              cudaStream_t stream) {
  // Array behind array, each with room for `most` numbers.
  host_.clear();
  std::vector<const double**> arrays;
  const auto put = [&](const std::vector<double>& values, const double*& pointer) {
    host_.insert(host_.end(), values.begin(), values.end());
    host_.resize(arrays.size() * static_cast<std::size_t>(most) + static_cast<std::size_t>(most), 0.0);
    arrays.push_back(&pointer);
  };
  for (std::size_t k = 0; k < kDim; ++k) put(rows.x[k], view_.x[k]);
  for (std::size_t s = 0; s < kSides; ++s) {
    view_.touches[s] = rows.touches(s);
    for (std::size_t q = 0; q < kPointTerms; ++q) {
      view_.weight[s][q] = nullptr;
      if (q == 0 ? rows.terms().value[s] : rows.terms().first[s]) put(rows.weight[s][q], view_.weight[s][q]);
    }
  }
  put(rows.rhs, view_.rhs);
  memory_.upload(host_, stream);
  for (std::size_t i = 0; i < arrays.size(); ++i) *arrays[i] = memory_.data() + static_cast<index_t>(i) * most;
  view_.step = rows.step;
  view_.count = count;
  view_.most = most;
  view_.group = rows.group;
  view_.has_differences = rows.has_differences();
  return view_;
}

}  // namespace nbm::cuda
