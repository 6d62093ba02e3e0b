#pragma once
#include <mpi.h>

#include "nbm/core/communicator.hpp"

// The only public header that needs MPI; it belongs to the library nbm::mpi (find_package(nbm COMPONENTS MPI)).
namespace nbm {

// The ranks of an MPI communicator. It is duplicated, so that nbm's messages never meet the caller's, and freed with
// the last copy (left alone when MPI is finalized by then). Collective over `communicator`; MPI must be initialized.
// Throws InvalidArgument for MPI_COMM_NULL, Error when MPI reports one.
//
// Sums are added in rank order by this library, whatever the MPI implementation: the same bits on every rank and in
// every run.
NBM_EXPORT Communicator make_communicator(MPI_Comm communicator);

}  // namespace nbm
