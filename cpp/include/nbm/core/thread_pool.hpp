#pragma once
#include <functional>
#include <memory>

#include "nbm/core/types.hpp"

namespace nbm {

// A fixed team of threads owned by whoever trains or evaluates; there is no global pool.
// Work is cut into tasks by the caller, independently of the number of threads, so that results which are combined
// in task order have the same bits for any team size.
class NBM_EXPORT ThreadPool {
 public:
  // threads = 0: the cores this process may run on. The caller's thread is one of the team.
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;
  // task(i) for 0 <= i < count, each once, on any thread of the team; returns when all are done. If tasks throw,
  // the rest are dropped and the exception of the lowest task index that threw is rethrown here.
  // Not to be called from inside a task. In a forked child the first call makes a new team. The caller's thread polls
  // for interruption (core/interruption.hpp) between its tasks.
  void run(index_t count, const std::function<void(index_t)>& task);

  // Cores that this process may use (affinity mask and hardware), at least 1.
  static int available_cores();

 private:
  struct Team;
  void forget_team();

  std::unique_ptr<Team> team_;
};

// The cut of `count` items into `tasks_for(count)` contiguous tasks. Depends on the count alone.
struct NBM_EXPORT TaskPartition {
  index_t count = 0;
  index_t tasks = 0;

  // At most `most` tasks of at least `grain` items.
  static TaskPartition of(index_t count, index_t grain, index_t most = 64);
  index_t begin(index_t task) const { return count * task / tasks; }
  index_t end(index_t task) const { return count * (task + 1) / tasks; }
};

}  // namespace nbm
