#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "nbm/core/error.hpp"
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
