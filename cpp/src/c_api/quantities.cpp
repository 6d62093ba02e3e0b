#include "c_api/handles.hpp"

using nbm::c_api::guarded;
using nbm::c_api::require_given;

namespace {

nbm::Domain domain_of(nbm_domain domain) {
  switch (domain) {
    case NBM_BOX: return {};
    case NBM_MINUS: return nbm::Domain::of(nbm::Side::minus);
    case NBM_PLUS: return nbm::Domain::of(nbm::Side::plus);
    case NBM_INTERFACE_MINUS: return nbm::Domain::interface(nbm::Side::minus);
    case NBM_INTERFACE_PLUS: return nbm::Domain::interface(nbm::Side::plus);
    case NBM_WALLS: return nbm::Domain::walls();
    default: break;
  }
  if (domain < 0) throw nbm::InvalidArgument("domain", "is none of the enumeration");
  return nbm::Domain::wall(domain - NBM_FACE(0));
}

template <class Value>
nbm_quantity quantity_of(const nbm::QuantityOf<Value>& found, double value) {
  return {value, found.error(), found.quadrature, found.grid, found.change};
}

// Asks for a number: ask(quantities) is a Quantity.
template <class Ask>
nbm_status answer(nbm_quantities* quantities, nbm_quantity* out, Ask&& ask) {
  return guarded([&] {
    require_given(quantities, "quantities");
    require_given(out, "the quantity");
    const nbm::Quantity found = ask(quantities->quantities);
    *out = quantity_of(found, found.value);
  });
}

nbm_status extremum(nbm_quantities* quantities, nbm_domain volume, bool largest, nbm_quantity* out, double* place) {
  return answer(quantities, out, [&](nbm::Quantities& of) {
    std::optional<nbm::Side> side;
    if (volume == NBM_MINUS) side = nbm::Side::minus;
    if (volume == NBM_PLUS) side = nbm::Side::plus;
    if (!side && volume != NBM_BOX) throw nbm::InvalidArgument("volume", "is neither the box nor a side");
    const nbm::Extremum found = of.extremum(largest, side);
    for (int axis = 0; place != nullptr && axis < nbm::kDim; ++axis) place[axis] = found.place[axis];
    return found;
  });
}

}  // namespace

nbm_status nbm_quantities_create(const nbm_problem* problem, const nbm_solution* solution, int64_t cells,
                                 int32_t threads, nbm_quantities** quantities) {
  return guarded([&] {
    require_given(problem, "problem");
    require_given(solution, "solution");
    require_given(quantities, "quantities");
    *quantities = new nbm_quantities{nbm::Quantities(problem->problem, solution->solution, cells, threads)};
  });
}

void nbm_quantities_destroy(nbm_quantities* quantities) { delete quantities; }

nbm_status nbm_quantities_flux(nbm_quantities* quantities, nbm_domain surface, nbm_quantity* flux) {
  return answer(quantities, flux, [&](nbm::Quantities& of) { return of.flux(domain_of(surface)); });
}

nbm_status nbm_quantities_flux_through(nbm_quantities* quantities, nbm_function level_set, void* user,
                                       nbm_quantity* flux) {
  return answer(quantities, flux, [&](nbm::Quantities& of) {
    return of.flux(nbm::Domain::zeros_of(nbm::c_api::field_of_function(level_set, user, "level_set")));
  });
}

nbm_status nbm_quantities_integral(nbm_quantities* quantities, nbm_domain domain, nbm_quantity* integral) {
  return answer(quantities, integral, [&](nbm::Quantities& of) { return of.integral(domain_of(domain)); });
}

nbm_status nbm_quantities_mean(nbm_quantities* quantities, nbm_domain domain, nbm_quantity* mean) {
  return answer(quantities, mean, [&](nbm::Quantities& of) { return of.mean(domain_of(domain)); });
}

nbm_status nbm_quantities_measure(nbm_quantities* quantities, nbm_domain domain, nbm_quantity* measure) {
  return answer(quantities, measure, [&](nbm::Quantities& of) { return of.measure(domain_of(domain)); });
}

nbm_status nbm_quantities_energy(nbm_quantities* quantities, nbm_domain volume, nbm_quantity* energy) {
  return answer(quantities, energy, [&](nbm::Quantities& of) { return of.energy(domain_of(volume)); });
}

nbm_status nbm_quantities_force(nbm_quantities* quantities, nbm_domain surface, nbm_quantity force[3]) {
  return guarded([&] {
    require_given(quantities, "quantities");
    require_given(force, "force");
    const nbm::VectorQuantity found = quantities->quantities.force(domain_of(surface));
    for (int axis = 0; axis < nbm::kDim; ++axis) force[axis] = quantity_of(found, found.value[axis]);
  });
}

nbm_status nbm_quantities_minimum(nbm_quantities* quantities, nbm_domain volume, nbm_quantity* minimum,
                                  double place[3]) {
  return extremum(quantities, volume, false, minimum, place);
}

nbm_status nbm_quantities_maximum(nbm_quantities* quantities, nbm_domain volume, nbm_quantity* maximum,
                                  double place[3]) {
  return extremum(quantities, volume, true, maximum, place);
}
