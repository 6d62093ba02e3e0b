#include "bindings.hpp"

NB_MODULE(_core, m) {
  using namespace nbm::python;
  m.doc() = "The native engine of nbm; use the package nbm instead.";
  // A Python function that a problem holds may refer back to the problem; such cycles live until the process ends.
  nb::set_leak_warnings(false);
  bind_core(m);
  bind_gpu_arrays(m);
  bind_problem(m);
  bind_sampling(m);
  bind_rows(m);
  bind_network(m);
  bind_training(m);
  bind_expansion(m);
  bind_solution(m);
}
