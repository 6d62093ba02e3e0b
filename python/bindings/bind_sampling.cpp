#include "bindings.hpp"

namespace nbm::python {

void bind_sampling(nb::module_& /*m*/) {}

}  // namespace nbm::python
