#include "nbm/mpi.hpp"

#include "c_api/handles.hpp"

// Part of the library nbm_mpi.
nbm_status nbm_communicator_from_mpi(int32_t handle, nbm_communicator** communicator) {
  return nbm::c_api::guarded([&] {
    nbm::c_api::require_given(communicator, "communicator");
    *communicator = new nbm_communicator{nbm::make_communicator(MPI_Comm_f2c(static_cast<MPI_Fint>(handle)))};
  });
}
