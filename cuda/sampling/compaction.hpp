#pragma once
#include "core/device_buffer.hpp"
#include "core/launch.hpp"

namespace nbm::cuda {

// What becomes of a candidate. In the order of PointCounts.
enum class PointClass : std::uint8_t {
  regular_minus,
  regular_plus,
  irregular,
  boundary_minus,
  boundary_plus,
  interface,
  dropped
};
constexpr int kPointClasses = static_cast<int>(PointClass::dropped);

// Sorts candidates by class: the numbers of the candidates of each class, increasing.
class Compaction {
 public:
  // Room for `most` candidates.
  void resize(index_t most);
  // kind: [most]. In the order of the stream.
  void run(const PointClass* kind, cudaStream_t stream);

  const std::uint32_t* members(PointClass kind) const { return members_.data() + static_cast<int>(kind) * most_; }
  const index_t* counts() const { return totals_.data(); }  // [kPointClasses], device memory
  index_t most() const { return most_; }

 private:
  index_t most_ = 0, blocks_ = 0;
  DeviceBuffer<std::int32_t> block_count_;  // [kPointClasses][blocks_]
  DeviceBuffer<index_t> block_begin_;       // [kPointClasses][blocks_ + 1]
  DeviceBuffer<index_t> totals_;
  DeviceBuffer<std::uint32_t> members_;  // [kPointClasses][most_]
};

}  // namespace nbm::cuda
