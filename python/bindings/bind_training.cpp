#include "bindings.hpp"

namespace nbm::python {

void bind_training(nb::module_& /*m*/) {}

}  // namespace nbm::python
