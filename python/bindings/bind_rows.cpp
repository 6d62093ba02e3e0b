#include "bindings.hpp"

namespace nbm::python {

void bind_rows(nb::module_& /*m*/) {}

}  // namespace nbm::python
