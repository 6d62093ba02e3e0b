#include <gtest/gtest.h>

#include <vector>

#include "nbm/core/error.hpp"
#include "nbm/mpi.hpp"
#include "nbm_c.h"

namespace {

TEST(MakeCommunicator, RefusesNoCommunicator) {
  EXPECT_THROW(nbm::make_communicator(MPI_COMM_NULL), nbm::InvalidArgument);
}

TEST(MakeCommunicator, TakesAnyCommunicatorAndOutlivesIt) {
  int rank = 0, size = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Comm half = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, rank % 2, -rank, &half);  // even and odd ranks, in reverse
  const nbm::Communicator communicator = nbm::make_communicator(half);
  MPI_Comm_free(&half);
  const int members = (size + 1 - rank % 2) / 2;
  ASSERT_EQ(communicator.size(), members);
  EXPECT_EQ(communicator.rank(), members - 1 - rank / 2);
  std::vector<double> ones = {1.0};
  communicator.sum(ones);
  EXPECT_EQ(ones[0], members);
}

TEST(MakeCommunicator, MessagesDoNotMeetTheCallers) {
  int rank = 0, size = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const nbm::Communicator communicator = nbm::make_communicator(MPI_COMM_WORLD);
  int received = -1;
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Irecv(&received, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &request);
  std::vector<double> values(20000, 1.0);
  communicator.sum(values);
  EXPECT_EQ(values.back(), size);
  EXPECT_EQ(received, -1);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Send(&rank, 1, MPI_INT, (rank + 1) % size, 0, MPI_COMM_WORLD);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  EXPECT_EQ(received, (rank + size - 1) % size);
}

// The tests run on one machine.
TEST(MakeCommunicator, NumbersTheRanksOfANode) {
  const nbm::Communicator communicator = nbm::make_communicator(MPI_COMM_WORLD);
  EXPECT_EQ(communicator.local_rank(), communicator.rank());
}

TEST(MakeCommunicator, FromC) {
  nbm_communicator* communicator = nullptr;
  EXPECT_EQ(nbm_communicator_from_mpi(MPI_Comm_c2f(MPI_COMM_NULL), &communicator), NBM_INVALID_ARGUMENT);
  EXPECT_STRNE(nbm_last_error(), "");
  ASSERT_EQ(nbm_communicator_from_mpi(MPI_Comm_c2f(MPI_COMM_WORLD), &communicator), NBM_OK);
  nbm_communicator_destroy(communicator);
}

}  // namespace
