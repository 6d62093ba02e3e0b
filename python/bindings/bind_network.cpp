#include "bindings.hpp"

namespace nbm::python {

void bind_network(nb::module_& /*m*/) {}

}  // namespace nbm::python
