#include <nanobind/stl/array.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "gil.hpp"
#include "nbm/sampling/classify.hpp"
#include "nbm/sampling/grid_batches.hpp"
#include "nbm/sampling/low_discrepancy.hpp"
#include "nbm/sampling/resolution.hpp"
#include "nbm/sampling/sampler.hpp"

namespace nbm::python {
namespace {

using Sizes = std::array<double, kDim>;

Vec3<double> vector_of(const Sizes& v) { return {v[0], v[1], v[2]}; }

// The groups of a draw by name: spelt out for the type stubs.
using Groups = nb::typed<nb::dict, nb::str, Rows>;

Groups samples_dict(const SampleSet& set) {
  Groups out;
  out["regular_minus"] = rows_of(set.regular[0]);
  out["regular_plus"] = rows_of(set.regular[1]);
  out["irregular"] = rows_of(set.irregular);
  out["boundary_minus"] = rows_of(set.boundary[0]);
  out["boundary_plus"] = rows_of(set.boundary[1]);
  return out;
}

// call(pool) with the GIL released.
template <class Call>
auto on_team(int threads, Call&& call) {
  const GilReleased release;
  ThreadPool pool(threads);
  return call(pool);
}

void bind_sampler(nb::module_& m) {
  m.def(
      "has_interface",
      [](const Problem& problem, int threads) {
        return on_team(threads, [&](ThreadPool& pool) { return has_interface(problem, pool); });
      },
      nb::arg("problem"), nb::arg("threads"));
  nb::class_<Sampler>(m, "Sampler")
      .def(
          "__init__",
          [](Sampler* self, const Problem& problem, index_t regular, index_t irregular, index_t boundary,
             double by_pieces, double by_sources, std::uint64_t seed, int threads) {
            on_team(threads, [&](ThreadPool& pool) {
              return new (self) Sampler(problem, {regular, irregular, boundary}, seed, pool, {by_pieces, by_sources});
            });
          },
          nb::arg("problem"), nb::arg("regular"), nb::arg("irregular"), nb::arg("boundary"), nb::arg("by_pieces"),
          nb::arg("by_sources"), nb::arg("seed"), nb::arg("threads"))
      .def_prop_ro("has_interface", &Sampler::has_interface)
      .def_prop_ro("interface_area", [](const Sampler& self) { return self.interface().area(); })
      .def(
          "draw",
          [](const Sampler& self, index_t number, const Sizes& h, int rank, int ranks, int threads) {
            return samples_dict(
                on_team(threads, [&](ThreadPool& pool) { return self.draw(number, vector_of(h), pool, rank, ranks); }));
          },
          nb::arg("number"), nb::arg("cell_size"), nb::arg("rank"), nb::arg("ranks"), nb::arg("threads"))
      .def(
          "on_interface",
          [](const Sampler& self, index_t number, index_t count, int rank, int ranks, int threads) {
            const InterfacePoints on = on_team(
                threads, [&](ThreadPool& pool) { return self.draw_interface(number, count, pool, rank, ranks); });
            return std::pair(rows_of(on.points), rows_of(on.normals));
          },
          nb::arg("number"), nb::arg("count"), nb::arg("rank"), nb::arg("ranks"), nb::arg("threads"))
      .def(
          "acceptance",
          [](const Sampler& self, const Sizes& h, int threads) {
            const Acceptance kept =
                on_team(threads, [&](ThreadPool& pool) { return self.acceptance(vector_of(h), pool); });
            return std::pair(kept.regular, kept.irregular);
          },
          nb::arg("cell_size"), nb::arg("threads"));
}

void bind_grid_batches(nb::module_& m) {
  nb::class_<GridBatches>(m, "GridBatches")
      .def(nb::init<const Problem&, index_t, std::uint64_t, index_t>(), nb::arg("problem"), nb::arg("nodes"),
           nb::arg("seed"), nb::arg("batch"))
      .def_prop_ro("batches_per_epoch", &GridBatches::batches_per_epoch)
      .def(
          "draw",
          [](const GridBatches& self, index_t epoch, index_t batch, const Sizes& h, int rank, int ranks, int threads) {
            return samples_dict(on_team(
                threads, [&](ThreadPool& pool) { return self.draw(epoch, batch, vector_of(h), pool, rank, ranks); }));
          },
          nb::arg("epoch"), nb::arg("batch"), nb::arg("cell_size"), nb::arg("rank"), nb::arg("ranks"),
          nb::arg("threads"));
}

}  // namespace

void bind_sampling(nb::module_& m) {
  bind_sampler(m);
  bind_grid_batches(m);
  m.def(
      "classify",
      [](const Problem& problem, const PointsArray& array, const Sizes& h) {
        const Points points = points_of(array);
        std::vector<std::uint8_t> kind(points.x.size());
        {
          const GilReleased release;
          classify(problem.level_set, points.view(), vector_of(h), kind);
        }
        return array_of(std::move(kind));
      },
      nb::arg("problem"), nb::arg("points"), nb::arg("cell_size"));
  m.def(
      "low_discrepancy",
      [](index_t first, index_t count, int dim, std::uint64_t seed, index_t draw) {
        std::vector<double> values(static_cast<std::size_t>(count));
        fill_low_discrepancy(make_sobol(seed, Stream::regular, draw), first, count, dim, values.data());
        return array_of(std::move(values));
      },
      nb::arg("first"), nb::arg("count"), nb::arg("dim"), nb::arg("seed"), nb::arg("draw"));
  m.attr("LOW_DISCREPANCY_DIMS") = kSobolDims;
  m.def(
      "resolution_levels",
      [](int levels, const std::string& order, index_t steps, std::uint64_t seed) {
        const ResolutionSchedule schedule{{}, levels, parse_resolution_order(order)};
        std::vector<int> result;
        for (index_t step = 0; step < steps; ++step) result.push_back(schedule.level(step, steps, seed));
        return result;
      },
      nb::arg("levels"), nb::arg("order"), nb::arg("steps"), nb::arg("seed"));
}

}  // namespace nbm::python
