#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "nbm/core/error.hpp"
#include "nbm/core/interruption.hpp"
#include "nbm/core/thread_pool.hpp"

namespace {

TEST(ThreadPool, RunsEveryTaskOnceWhateverTheTeam) {
  for (const int threads : {1, 2, 5}) {
    nbm::ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (const nbm::index_t count : {0, 1, 3, 1000}) {
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(count));
      pool.run(count, [&](nbm::index_t i) { ++runs[static_cast<std::size_t>(i)]; });
      for (const auto& r : runs) EXPECT_EQ(r.load(), 1);
    }
  }
}

TEST(ThreadPool, RethrowsAndStaysUsable) {
  nbm::ThreadPool pool(3);
  EXPECT_THROW(pool.run(100,
                        [](nbm::index_t i) {
                          if (i >= 7) throw nbm::InvalidArgument("task", "failed");
                        }),
               nbm::InvalidArgument);
  std::atomic<int> done = 0;
  pool.run(10, [&](nbm::index_t) { ++done; });
  EXPECT_EQ(done.load(), 10);
}

TEST(ThreadPool, InterruptionLeavesTheCallAndThePoolUsable) {
  nbm::ThreadPool pool(2);
  const nbm::index_t many = 1000000;
  std::atomic<nbm::index_t> done = 0;
  const auto work = [&] {
    pool.run(many, [&](nbm::index_t) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      ++done;
    });
  };
  {
    const nbm::InterruptionScope scope([] { throw nbm::Error("stop"); });
    EXPECT_THROW(work(), nbm::Error);
  }
  EXPECT_LT(done.load(), many);
  std::atomic<int> after = 0;
  pool.run(10, [&](nbm::index_t) { ++after; });
  EXPECT_EQ(after.load(), 10);
}

// Exits with 0 if the pool does its work in a forked child, and the child ends; a hang is ended by the alarm.
TEST(ThreadPool, WorksAndEndsInAForkedChild) {
  auto pool = std::make_unique<nbm::ThreadPool>(3);
  pool->run(10, [](nbm::index_t) {});
  for (const bool use : {true, false}) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);
      std::atomic<int> done = 0;
      if (use) pool->run(100, [&](nbm::index_t) { ++done; });
      const bool good = pool->threads() == 3 && done == (use ? 100 : 0);
      pool.reset();
      ::_exit(good ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
}

TEST(ThreadPool, RejectsANegativeTeam) { EXPECT_THROW(nbm::ThreadPool(-1), nbm::InvalidArgument); }

TEST(TaskPartition, CoversTheItemsAndDependsOnTheCountAlone) {
  for (const nbm::index_t count : {0, 1, 63, 64, 1000, 123457}) {
    const auto cut = nbm::TaskPartition::of(count, 100, 64);
    EXPECT_LE(cut.tasks, 64);
    nbm::index_t covered = 0;
    for (nbm::index_t t = 0; t < cut.tasks; ++t) {
      EXPECT_EQ(cut.begin(t), covered);
      covered = cut.end(t);
    }
    EXPECT_EQ(covered, count);
  }
}

}  // namespace
