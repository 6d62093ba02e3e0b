#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "nbm/mpi.hpp"
#include "test_communicator.hpp"

namespace nbm::testing {

void on_ranks(const std::function<void()>& test) { test(); }

Communicator test_communicator() {
  static const Communicator communicator = make_communicator(MPI_COMM_WORLD);
  return communicator;
}

}  // namespace nbm::testing

// Every rank runs every test; the first one reports, and the others speak when something fails.
int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  ::testing::InitGoogleTest(&argc, argv);
  int rank = 0, size = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  // The mpirun of another MPI starts many worlds of one rank.
  const char* expected = std::getenv("NBM_TEST_RANKS");
  if (expected == nullptr || std::atoi(expected) != size) {
    std::fprintf(stderr, "%d ranks, but NBM_TEST_RANKS=%s\n", size, expected == nullptr ? "" : expected);
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  if (rank > 0) {
    auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
    class Failures final : public ::testing::EmptyTestEventListener {
      void OnTestPartResult(const ::testing::TestPartResult& result) override {
        if (!result.failed()) return;
        int own = 0;
        MPI_Comm_rank(MPI_COMM_WORLD, &own);
        std::fprintf(stderr, "rank %d: %s:%d: %s\n", own, result.file_name(), result.line_number(), result.message());
      }
    };
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new Failures);
  }
  int failed = RUN_ALL_TESTS(), failed_anywhere = 0;
  MPI_Allreduce(&failed, &failed_anywhere, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  MPI_Finalize();
  return failed_anywhere;
}
