#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "nbm/solution/quantities.hpp"

namespace nbm::python {
namespace {

using Triple = std::array<double, kDim>;
using Faces = std::array<bool, kBoxFaces>;

Triple triple_of(Vec3<double> v) { return {v.x, v.y, v.z}; }

std::optional<Side> side_of(std::optional<int> number) {
  if (!number) return {};
  return *number == 0 ? Side::minus : Side::plus;
}

Domain make_domain(int kind, std::optional<int> side, const Faces& faces, const Field* level_set,
                   const std::optional<Triple>& near) {
  Domain domain{.kind = static_cast<Domain::Kind>(kind), .side = side_of(side), .faces = faces};
  if (level_set != nullptr) domain.level_set = *level_set;
  if (near) domain.near = Vec3<double>{(*near)[0], (*near)[1], (*near)[2]};
  domain.validate();
  return domain;
}

template <class Value>
nb::dict parts_of(const QuantityOf<Value>& quantity) {
  nb::dict parts;
  parts["quadrature"] = quantity.quadrature;
  parts["grid"] = quantity.grid;
  parts["change"] = quantity.change;
  return parts;
}

// (value, parts) of a method, the GIL released while it runs.
nb::tuple result(const Quantity& q) { return nb::make_tuple(q.value, parts_of(q)); }
nb::tuple result(const VectorQuantity& q) { return nb::make_tuple(triple_of(q.value), parts_of(q)); }
template <class... Arguments>
auto released(auto(Quantities::*method)(Arguments...)) {
  return [method](Quantities& quantities, Arguments... arguments) {
    const auto run = [&] {
      const GilReleased release;
      return (quantities.*method)(arguments...);
    };
    return result(run());
  };
}

}  // namespace

void bind_quantities(nb::module_& m) {
  nb::class_<Domain>(m, "Domain")
      .def_static("make", &make_domain, nb::arg("kind"), nb::arg("side").none(), nb::arg("faces"),
                  nb::arg("level_set").none(), nb::arg("near").none());
  nb::class_<Quantities>(m, "Quantities")
      .def(nb::init<Problem, Solution, index_t, int>(), nb::arg("problem"), nb::arg("solution"), nb::arg("cells"),
           nb::arg("threads"))
      .def("flux", released(&Quantities::flux), nb::arg("surface"), nb::arg("weight"))
      .def("integral", released(&Quantities::integral), nb::arg("domain"), nb::arg("weight"))
      .def("mean", released(&Quantities::mean), nb::arg("domain"))
      .def("measure", released(&Quantities::measure), nb::arg("domain"))
      .def("energy", released(&Quantities::energy), nb::arg("volume"))
      .def("mean_flux", released(&Quantities::mean_flux), nb::arg("volume"))
      .def("force", released(&Quantities::force), nb::arg("surface"))
      .def(
          "extremum",
          [](Quantities& quantities, bool largest, std::optional<int> side) {
            const auto run = [&] {
              const GilReleased release;
              return quantities.extremum(largest, side_of(side));
            };
            const Extremum found = run();
            return nb::make_tuple(found.value, parts_of(found), triple_of(found.place), index_of(found.side));
          },
          nb::arg("largest"), nb::arg("side").none());
}

}  // namespace nbm::python
