#pragma once
#include <span>
#include <vector>

#include "nbm/core/thread_pool.hpp"
#include "nbm/problem/box.hpp"
#include "nbm/problem/field.hpp"

namespace nbm {

// A batch of points sorted by side, in network coordinates: first those of minus, then those of plus, each in the
// order of the batch. One network then runs over one contiguous range.
class SideSplit {
 public:
  // Throws InvalidField where the level set is not finite.
  SideSplit(const Box& box, const Field& level_set, PointsView batch, ThreadPool& pool);

  // The points of one side, and the slice of an array of batch size that belongs to them.
  PointsView points(Side side) const { return points_.view().slice(first(side), count(side)); }
  std::span<double> part(Side side, std::span<double> sorted) const {
    return sorted.subspan(static_cast<std::size_t>(first(side)), static_cast<std::size_t>(count(side)));
  }
  // values[i] = sorted[position of point i].
  void scatter(std::span<const double> sorted, std::span<double> values, ThreadPool& pool) const;

 private:
  index_t first(Side side) const { return side == Side::minus ? 0 : minus_; }
  index_t count(Side side) const { return side == Side::minus ? minus_ : points_.size() - minus_; }

  Points points_;
  std::vector<index_t> position_;  // of point i of the batch among the sorted
  index_t minus_ = 0;
};

// The points in network coordinates, in their order.
Points normalized(const Box& box, PointsView batch, ThreadPool& pool);

}  // namespace nbm
