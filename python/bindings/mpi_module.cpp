#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "nbm/mpi.hpp"

namespace nb = nanobind;

NB_MODULE(_mpi, m) {
  m.doc() = "The part of nbm that needs MPI; use the argument comm of nbm.solve instead.";
  nb::module_::import_("nbm._core");  // has the class Communicator
#if defined(OMPI_MAJOR_VERSION)
  m.attr("implementation") = "Open MPI";
#elif defined(MPICH_VERSION)
  m.attr("implementation") = "MPICH";
#else
  m.attr("implementation") = "";
#endif
  // By the communicator's Fortran handle, an integer that means the same in every MPI.
  m.def("make_communicator",
        [](int handle) { return nbm::make_communicator(MPI_Comm_f2c(static_cast<MPI_Fint>(handle))); });
}
