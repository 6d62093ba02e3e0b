#include "rows/device_observations.hpp"

namespace nbm::cuda {

DeviceObservations::DeviceObservations(std::vector<ObservationRows> rows, int rank, int ranks)
    : rows_(std::move(rows)), rank_(rank), ranks_(ranks) {}

bool DeviceObservations::prepare(index_t draw, Vec3<double> h, const PerGroup<bool>& used, cudaStream_t stream) {
  if (rows_.empty()) return false;
  std::vector<PointRows> made;
  std::vector<index_t> most;
  for (const ObservationRows& data : rows_) {
    data.append(draw, h, rank_, ranks_, made);
    for (const Side side : {Side::minus, Side::plus}) most.push_back(data.most(side));
  }
  const bool first = sets_.empty();
  memory_.resize(made.size());
  sets_.resize(made.size());
  counts_.resize(made.size());
  device_counts_.resize(static_cast<index_t>(made.size()));
  for (std::size_t s = 0; s < made.size(); ++s) {
    if (!used[static_cast<std::size_t>(made[s].group)]) made[s].resize(0);
    sets_[s] = memory_[s].upload(made[s], most[s], device_counts_.data() + s, stream);
    counts_[s] = made[s].size();
  }
  device_counts_.upload(counts_, stream);
  return first;
}

}  // namespace nbm::cuda
