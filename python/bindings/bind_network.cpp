#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "bindings.hpp"
#include "nbm/network/siren.hpp"

namespace nbm::python {

void bind_network(nb::module_& m) {
  m.def("siren_parameter_count", [](std::vector<int> hidden, double omega, double gamma) {
    const Siren siren{std::move(hidden), omega, gamma};
    siren.validate();
    return siren.parameter_count();
  });
  m.def("siren_initial_parameters",
        [](std::vector<int> hidden, double omega, double gamma, std::uint64_t seed, int side) {
          return array_of(initial_parameters({std::move(hidden), omega, gamma}, seed, static_cast<Side>(side)));
        });
}

}  // namespace nbm::python
