#include "bindings.hpp"

namespace nbm::python {

void bind_solution(nb::module_& /*m*/) {}

}  // namespace nbm::python
