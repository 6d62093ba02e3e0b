#include "nbm/core/thread_pool.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "nbm/core/error.hpp"
#include "nbm/core/interruption.hpp"
#include "nbm/core/process.hpp"

#if defined(__linux__)
#include <sched.h>
#endif

namespace nbm {

struct ThreadPool::Team {
  explicit Team(int size) {
    for (int i = 1; i < size; ++i) workers.emplace_back([this] { serve(); });
  }

  std::vector<std::thread> workers;
  unsigned born = forks();
  std::mutex mutex;
  std::condition_variable start, finish;
  std::uint64_t generation = 0;
  std::size_t busy = 0;
  bool stopping = false;

  const std::function<void(index_t)>* task = nullptr;
  index_t count = 0;
  std::atomic<index_t> next{0};
  std::exception_ptr failure;
  index_t failed_task = 0;

  // `caller`: whether this is the thread that called run(), which its program may interrupt.
  void work(bool caller) {
    for (index_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
      try {
        if (caller) interruption_point();
        (*task)(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure || i < failed_task) {
          failure = std::current_exception();
          failed_task = i;
        }
        next.store(count);
      }
    }
  }

  void serve() {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex);
    while (true) {
      start.wait(lock, [&] { return stopping || generation != seen; });
      if (stopping) return;
      seen = generation;
      lock.unlock();
      work(false);
      lock.lock();
      if (--busy == 0) finish.notify_one();
    }
  }
};

ThreadPool::ThreadPool(int threads) {
  if (threads < 0) {
    throw InvalidArgument("threads", "must be 0 (all cores) or positive, got " + std::to_string(threads));
  }
  team_ = std::make_unique<Team>(threads == 0 ? available_cores() : threads);
}

ThreadPool::~ThreadPool() {
  if (team_->born != forks()) {
    forget_team();
    return;
  }
  {
    const std::lock_guard lock(team_->mutex);
    team_->stopping = true;
  }
  team_->start.notify_all();
  for (auto& worker : team_->workers) worker.join();
}

// After a fork there is nobody to join or wake, and the mutex may be held by a thread that is gone: the memory is left
// to the process.
void ThreadPool::forget_team() { static_cast<void>(team_.release()); }

int ThreadPool::threads() const { return static_cast<int>(team_->workers.size()) + 1; }

void ThreadPool::run(index_t count, const std::function<void(index_t)>& task) {
  if (count <= 0) return;
  if (team_->born != forks()) {
    const int size = threads();
    forget_team();
    team_ = std::make_unique<Team>(size);
  }
  Team& team = *team_;
  {
    const std::lock_guard lock(team.mutex);
    team.task = &task;
    team.count = count;
    team.next.store(0);
    team.failure = nullptr;
    team.busy = team.workers.size();
    ++team.generation;
  }
  team.start.notify_all();
  team.work(true);
  std::unique_lock lock(team.mutex);
  team.finish.wait(lock, [&] { return team.busy == 0; });
  if (team.failure) std::rethrow_exception(std::exchange(team.failure, nullptr));
}

int ThreadPool::available_cores() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

TaskPartition TaskPartition::of(index_t count, index_t grain, index_t most) {
  return {count, count == 0 ? 0 : std::clamp<index_t>(count / grain, 1, most)};
}

}  // namespace nbm
