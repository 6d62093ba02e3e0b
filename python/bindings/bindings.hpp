#pragma once
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

// Bindings translate and nothing more: arrays and options in, results out, the GIL released around long calls.
// Names, defaults and documentation live in python/nbm.
namespace nbm::python {

namespace nb = nanobind;

// Read-only NumPy arrays as the bindings take them.
using PointsArray = nb::ndarray<const double, nb::shape<-1, 3>, nb::c_contig, nb::device::cpu>;
using ValuesArray = nb::ndarray<const double, nb::shape<-1>, nb::c_contig, nb::device::cpu>;

void bind_core(nb::module_& m);
void bind_gpu_arrays(nb::module_& m);
void bind_problem(nb::module_& m);
void bind_sampling(nb::module_& m);
void bind_rows(nb::module_& m);
void bind_network(nb::module_& m);
void bind_training(nb::module_& m);
void bind_expansion(nb::module_& m);
void bind_solve(nb::module_& m);
void bind_solution(nb::module_& m);
void bind_quantities(nb::module_& m);

}  // namespace nbm::python
