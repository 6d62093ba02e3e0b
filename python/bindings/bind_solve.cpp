#include <nanobind/stl/array.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <array>
#include <functional>
#include <optional>
#include <tuple>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "nbm/solution/solve.hpp"

namespace nbm::python {
namespace {

std::array<double, kDim> numbers(Vec3<double> v) { return {v.x, v.y, v.z}; }

nb::dict dict_of(const ErrorEstimate& estimate) {
  nb::dict parts, out;
  parts["grid"] = estimate.missing;
  parts["change"] = estimate.change;
  parts["sources"] = estimate.unseen_sources;
  parts["flux"] = estimate.unseen_flux;
  out["cells"] = nb::make_tuple(estimate.cells.x, estimate.cells.y, estimate.cells.z);
  out["rms"] = estimate.rms;
  out["max"] = estimate.max;
  out["range"] = estimate.range();
  out["deviation"] = estimate.deviation;
  out["parts"] = parts;
  out["source_place"] = nb::cast(numbers(estimate.source_place));
  out["flux_place"] = nb::cast(numbers(estimate.flux_place));
  return out;
}

nb::tuple tuple_of(const SolveReport::Attempt& attempt) {
  return nb::make_tuple(attempt.what, attempt.estimated_rmse, attempt.seconds);
}

// sines, sources, omega, reach
using Basis = std::tuple<index_t, index_t, double, double>;

nb::dict run_solve(const Problem& problem, index_t cells, index_t most_unknowns, std::uint64_t seed, int threads,
                   const std::optional<Basis>& basis, const std::function<void(nb::tuple)>& progress) {
  SolveOptions options{.cells = cells, .most_unknowns = most_unknowns, .seed = seed};
  if (basis) {
    const auto& [sines, sources, omega, reach] = *basis;
    options.basis = ExpansionOptions{sines, sources, omega, seed, reach};
  }
  if (progress) {
    options.progress = [&](const SolveReport::Attempt& attempt) {
      const GilHeld acquire;
      progress(tuple_of(attempt));
    };
  }
  SolveReport report;
  auto solution = [&] {
    const GilReleased release;
    ThreadPool pool(threads);
    return solve(problem, options, pool, report);
  }();
  nb::list attempts;
  for (const auto& attempt : report.attempts) attempts.append(tuple_of(attempt));
  nb::dict out;
  out["solution"] = std::move(solution);
  out["attempts"] = attempts;
  out["chosen"] = report.chosen;
  out["estimate"] = dict_of(report.estimate);
  out["not_solved"] = report.not_solved;
  out["interface"] = nb::make_tuple(rows_of(report.interface.points), rows_of(report.interface.normals));
  out["basis"] = nb::none();
  if (const auto& of = report.basis) out["basis"] = nb::make_tuple(of->sines, of->sources, of->omega, of->reach);
  return out;
}

}  // namespace

void bind_solve(nb::module_& m) {
  m.attr("TRUSTED_OF_RANGE") = ErrorEstimate::kTrusted;
  m.attr("TRUSTED_OF_DEVIATION") = ErrorEstimate::kTrustedOfDeviation;
  m.def("solve", &run_solve, nb::arg("problem"), nb::arg("cells"), nb::arg("most_unknowns"), nb::arg("seed"),
        nb::arg("threads"), nb::arg("basis").none(), nb::arg("progress").none());
  m.def(
      "estimate_error",
      [](const Problem& problem, const Solution& solution, index_t cells, int threads) {
        const auto estimate = [&] {
          const GilReleased release;
          ThreadPool pool(threads);
          return estimate_error(problem, solution, cells, pool);
        }();
        return dict_of(estimate);
      },
      nb::arg("problem"), nb::arg("solution"), nb::arg("cells"), nb::arg("threads"));
}

}  // namespace nbm::python
