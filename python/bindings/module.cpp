#include "bindings.hpp"
#include "gil.hpp"

NB_MODULE(_core, m) {
  using namespace nbm::python;
  m.doc() = "The native engine of nbm; use the package nbm instead.";
  // Daemon threads keep their objects when the interpreter ends.
  nb::set_leak_warnings(false);
  nb::module_::import_("atexit").attr("register")(nb::cpp_function(&close_interpreter));
  bind_core(m);
  bind_gpu_arrays(m);
  bind_problem(m);
  bind_sampling(m);
  bind_rows(m);
  bind_network(m);
  bind_training(m);
  bind_solution(m);
  bind_quantities(m);
  bind_expansion(m);
  bind_solve(m);
}
