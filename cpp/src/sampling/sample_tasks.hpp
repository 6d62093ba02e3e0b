#pragma once
#include <vector>

#include "nbm/core/communicator.hpp"
#include "nbm/core/points.hpp"
#include "nbm/core/thread_pool.hpp"

namespace nbm {

inline void append_points(Points& to, const Points& from) {
  to.x.insert(to.x.end(), from.x.begin(), from.x.end());
  to.y.insert(to.y.end(), from.y.begin(), from.y.end());
  to.z.insert(to.z.end(), from.z.begin(), from.z.end());
}

// make(part) for the parts of a range, on the team, joined in order. Set has append(const Set&).
template <class Set, class Make>
Set run_parts(IndexRange range, index_t grain, ThreadPool& pool, const Make& make) {
  const TaskPartition cut = TaskPartition::of(range.size(), grain);
  std::vector<Set> parts(static_cast<std::size_t>(cut.tasks));
  pool.run(cut.tasks, [&](index_t task) {
    parts[static_cast<std::size_t>(task)] = make({range.begin + cut.begin(task), range.begin + cut.end(task)});
  });
  Set joined;
  for (const Set& part : parts) joined.append(part);
  return joined;
}

}  // namespace nbm
