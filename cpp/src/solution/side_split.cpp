#include "solution/side_split.hpp"

#include <utility>

#include "nbm/problem/problem.hpp"

namespace nbm {
namespace {

constexpr index_t kGrain = 4096;  // points a task: far more work than starting it costs

}  // namespace

Points normalized(const Box& box, PointsView batch, ThreadPool& pool) {
  Points points(batch.size);
  const auto cut = TaskPartition::of(batch.size, kGrain);
  pool.run(cut.tasks, [&](index_t task) {
    for (index_t i = cut.begin(task); i < cut.end(task); ++i) points.set(i, box.normalize(batch[i]));
  });
  return points;
}

SideSplit::SideSplit(const Box& box, const Field& level_set, PointsView batch, ThreadPool& pool)
    : points_(batch.size), position_(static_cast<std::size_t>(batch.size)) {
  const auto cut = TaskPartition::of(batch.size, kGrain);
  std::vector<double> phi(static_cast<std::size_t>(batch.size));
  std::vector<index_t> next_minus(static_cast<std::size_t>(cut.tasks)), next_plus(next_minus);
  pool.run(cut.tasks, [&](index_t task) {
    const index_t begin = cut.begin(task), count = cut.end(task) - begin;
    const auto part = std::span(phi).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count));
    evaluate_finite(level_set, "level_set", batch.slice(begin, count), part);
    index_t negative = 0;
    for (const double value : part) negative += value < 0.0;
    next_minus[static_cast<std::size_t>(task)] = negative;
  });
  // From the counts of the tasks, where each task's points of either side begin.
  for (index_t& count : next_minus) minus_ += std::exchange(count, minus_);
  for (index_t task = 0; task < cut.tasks; ++task) {
    const auto t = static_cast<std::size_t>(task);
    next_plus[t] = minus_ + cut.begin(task) - next_minus[t];
  }
  pool.run(cut.tasks, [&](index_t task) {
    const auto t = static_cast<std::size_t>(task);
    index_t minus = next_minus[t], plus = next_plus[t];
    for (index_t i = cut.begin(task); i < cut.end(task); ++i) {
      const index_t target = phi[static_cast<std::size_t>(i)] < 0.0 ? minus++ : plus++;
      position_[static_cast<std::size_t>(i)] = target;
      points_.set(target, box.normalize(batch[i]));
    }
  });
}

void SideSplit::scatter(std::span<const double> sorted, std::span<double> values, ThreadPool& pool) const {
  const auto cut = TaskPartition::of(points_.size(), kGrain);
  pool.run(cut.tasks, [&](index_t task) {
    for (index_t i = cut.begin(task); i < cut.end(task); ++i) {
      const auto n = static_cast<std::size_t>(i);
      values[n] = sorted[static_cast<std::size_t>(position_[n])];
    }
  });
}

}  // namespace nbm
