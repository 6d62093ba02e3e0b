#include "bindings.hpp"

namespace nbm::python {

void bind_problem(nb::module_& /*m*/) {}

}  // namespace nbm::python
