#include "bindings.hpp"

NB_MODULE(_core, m) {
  using namespace nbm::python;
  m.doc() = "The native engine of nbm; use the package nbm instead.";
  bind_core(m);
  bind_problem(m);
  bind_sampling(m);
  bind_rows(m);
  bind_network(m);
  bind_training(m);
  bind_solution(m);
}
