#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "nbm/training/expansion_fit.hpp"

namespace nbm::python {

void bind_expansion(nb::module_& m) {
  nb::class_<Expansion>(m, "Expansion")
      .def_prop_ro("pieces", [](const Expansion& e) { return e.pieces().size(); })
      .def(
          "evaluate_side",
          [](const Expansion& e, int side, const PointsArray& points, int threads) {
            std::vector<double> values(points.shape(0), 0.0);
            {
              const GilReleased release;
              ThreadPool pool(threads);
              e.add(side == 0 ? Side::minus : Side::plus, points_of(points).view(), values, pool);
            }
            return array_of(std::move(values));
          },
          nb::arg("side"), nb::arg("points"), nb::arg("threads"));
  nb::class_<ExpansionFit>(m, "ExpansionFit")
      .def_ro("expansion", &ExpansionFit::expansion)
      .def_ro("unknowns", &ExpansionFit::unknowns)
      .def_ro("rows", &ExpansionFit::rows)
      .def_ro("residuals", &ExpansionFit::residuals)
      .def_ro("residual", &ExpansionFit::residual)
      .def_prop_ro("sines", [](const ExpansionFit& f) { return f.options.sines; })
      .def_prop_ro("sources", [](const ExpansionFit& f) { return f.options.sources; })
      .def_prop_ro("reach", [](const ExpansionFit& f) { return f.options.reach; })
      .def_prop_ro("omega", [](const ExpansionFit& f) { return f.options.omega; });
  m.def(
      "fit_expansion",
      [](const Problem& problem, index_t sines, index_t sources, double omega, std::uint64_t seed, double reach,
         int threads) {
        ThreadPool pool(threads);
        return fit_expansion(problem, {sines, sources, omega, seed, reach}, pool);
      },
      nb::arg("problem"), nb::arg("sines"), nb::arg("sources"), nb::arg("omega"), nb::arg("seed"), nb::arg("reach"),
      nb::arg("threads"), nb::call_guard<GilReleased>());
  m.def(
      "search_expansion",
      [](const Problem& problem, index_t most_unknowns, double tolerance, std::uint64_t seed, int threads) {
        ThreadPool pool(threads);
        return search_expansion(problem, {most_unknowns, tolerance, seed}, pool);
      },
      nb::arg("problem"), nb::arg("most_unknowns"), nb::arg("tolerance"), nb::arg("seed"), nb::arg("threads"),
      nb::call_guard<GilReleased>());
}

}  // namespace nbm::python
