#include <nanobind/stl/array.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "gpu_array.hpp"
#include "nbm/solution/correction.hpp"
#include "nbm/solution/device_solution.hpp"

namespace nbm::python {
namespace {

using Values = std::vector<double>;
using Array = nb::ndarray<nb::numpy, double>;

// A team for one call: of one where more would cost more than they bring.
ThreadPool team(index_t points, int threads) { return ThreadPool(points < 8192 && threads >= 0 ? 1 : threads); }

constexpr index_t kBatch = 1 << 17;  // points turned into a structure of arrays at a time: bounds the copies

// run(first, points, pool) for consecutive batches of the rows, without the GIL.
template <class Run>
void for_batches(const PointsArray& array, int threads, Run&& run) {
  const GilReleased release;
  const auto count = static_cast<index_t>(array.shape(0));
  ThreadPool pool = team(count, threads);
  Points points;
  for (index_t first = 0; first < count; first += kBatch) {
    points.resize(std::min(kBatch, count - first));
    const double* row = array.data() + kDim * first;
    for (index_t i = 0; i < points.size(); ++i, row += kDim) points.set(i, {row[0], row[1], row[2]});
    run(static_cast<std::size_t>(first), points.view(), pool);
  }
}

// fill(points, values, pool) for all points; its values as an array (n,).
template <class Fill>
Array evaluate(const PointsArray& array, int threads, Fill&& fill) {
  Values values(array.shape(0));
  for_batches(array, threads, [&](std::size_t first, PointsView points, ThreadPool& pool) {
    fill(points, std::span(values).subspan(first, static_cast<std::size_t>(points.size)), pool);
  });
  return array_of(std::move(values));
}

// fill(points, values, gradient, pool) likewise: values (n,) and gradient (n, 3).
template <class Fill>
std::pair<Array, Array> evaluate_gradient(const PointsArray& array, int threads, Fill&& fill) {
  Values values(array.shape(0)), rows(array.shape(0) * kDim), x, y, z;
  for_batches(array, threads, [&](std::size_t first, PointsView points, ThreadPool& pool) {
    const auto n = static_cast<std::size_t>(points.size);
    for (Values* component : {&x, &y, &z}) component->resize(n);
    fill(points, std::span(values).subspan(first, n), Solution::Gradient{x, y, z}, pool);
    double* row = rows.data() + kDim * first;
    for (std::size_t i = 0; i < n; ++i, row += kDim) {
      row[0] = x[i];
      row[1] = y[i];
      row[2] = z[i];
    }
  });
  return {array_of(std::move(values)), array_of(std::move(rows), {array.shape(0), kDim})};
}

Side side_of(int index) { return index == 0 ? Side::minus : Side::plus; }

Solution make_solution(const Box& box, const Field& level_set, std::vector<int> hidden, double omega, double gamma,
                       const ValuesArray& parameters, Solution::Info info) {
  return Solution(box, level_set, {std::move(hidden), omega, gamma},
                  Values(parameters.data(), parameters.data() + parameters.size()), std::move(info));
}

// Points (n, 3) and results on the GPU, of one type; None where a result is not wanted.
template <class T>
void enqueue(const DeviceSolution& solution, const GpuArray& points, Branch branch, Precision precision,
             std::uintptr_t stream, const GpuArray* values, const GpuArray* gradient, const GpuArray* level_set,
             const GpuArray* side) {
  const auto data = [](const GpuArray* array) { return array == nullptr ? nullptr : static_cast<T*>(array->data); };
  DeviceOutputs<T> outputs{.values = data(values), .level_set = data(level_set)};
  if (gradient != nullptr && gradient->data != nullptr) outputs.gradient_rows(data(gradient));
  if (side != nullptr) outputs.side = static_cast<std::int8_t*>(side->data);
  const GilReleased release;
  solution.evaluate(DevicePoints<T>::rows(data(&points), points.shape[0]), outputs, branch, precision,
                    stream_of(stream));
}

void bind_device_solution(nb::module_& m) {
  nb::class_<DeviceSolution>(m, "DeviceSolution")
      .def(
          "__init__",
          [](DeviceSolution* self, const Solution& solution, const std::string& device) {
            const Device chosen = Device::parse(device);
            const GilReleased release;
            new (self) DeviceSolution(solution, chosen);
          },
          nb::arg("solution"), nb::arg("device"))
      .def(
          "enqueue",
          [](const DeviceSolution& s, const GpuArray& points, int branch, const std::string& precision,
             std::uintptr_t stream, const GpuArray* values, const GpuArray* gradient, const GpuArray* level_set,
             const GpuArray* side) {
            const auto run = points.dtype == "float32" ? enqueue<float> : enqueue<double>;
            run(s, points, static_cast<Branch>(branch), parse_precision(precision), stream, values, gradient, level_set,
                side);
          },
          nb::arg("points"), nb::arg("branch"), nb::arg("precision"), nb::arg("stream"),
          nb::arg("values").none() = nb::none(), nb::arg("gradient").none() = nb::none(),
          nb::arg("level_set").none() = nb::none(), nb::arg("side").none() = nb::none())
      .def(
          "evaluate",
          [](const DeviceSolution& s, const PointsArray& points, int branch, const std::string& precision) {
            const Precision p = parse_precision(precision);
            return evaluate(points, 1, [&](PointsView v, std::span<double> values, ThreadPool& /*pool*/) {
              s.evaluate(v, values, static_cast<Branch>(branch), p);
            });
          },
          nb::arg("points"), nb::arg("branch"), nb::arg("precision"))
      .def(
          "evaluate_gradient",
          [](const DeviceSolution& s, const PointsArray& points, int branch, const std::string& precision) {
            const Precision p = parse_precision(precision);
            return evaluate_gradient(
                points, 1, [&](PointsView v, std::span<double> values, Solution::Gradient g, ThreadPool& /*pool*/) {
                  s.evaluate_gradient(v, values, g, static_cast<Branch>(branch), p);
                });
          },
          nb::arg("points"), nb::arg("branch"), nb::arg("precision"))
      .def(
          "evaluate_level_set",
          [](const DeviceSolution& s, const PointsArray& points) {
            return evaluate(points, 1, [&](PointsView v, std::span<double> values, ThreadPool& /*pool*/) {
              s.evaluate_level_set(v, values);
            });
          },
          nb::arg("points"));
}

using Cells = std::array<index_t, kDim>;

Vec3<index_t> cells_of(const Cells& cells) { return {cells[0], cells[1], cells[2]}; }

// The values of a correction at its nodes, [sides][x][y][z], or None.
nb::object correction_values(const Solution& solution) {
  const SidedGrid* const grid = solution.correction();
  if (grid == nullptr) return nb::none();
  const Vec3<index_t> n = grid->shape();
  Values values;
  for (const Side side : {Side::minus, Side::plus}) {
    values.insert(values.end(), grid->values(side).begin(), grid->values(side).end());
  }
  const auto size = [](index_t nodes) { return static_cast<std::size_t>(nodes); };
  return nb::cast(array_of(std::move(values), {kSides, size(n.x), size(n.y), size(n.z)}));
}

void bind_grid_solver(nb::module_& m) {
  m.def(
      "solve_on_grid",
      [](const Problem& problem, const Cells& cells, double tolerance, int threads) {
        const auto solve = [&] {
          const GilReleased release;
          ThreadPool pool(threads);
          return solve_on_grid(problem, cells_of(cells), {.tolerance = tolerance}, pool);
        };
        GridSolution solved = solve();
        nb::dict out;
        out["solution"] = std::move(solved.solution);
        out["values"] = array_of(std::move(solved.values));
        out["side"] = array_of(std::move(solved.side));
        out["residuals"] = solved.residuals;
        return out;
      },
      nb::arg("problem"), nb::arg("cells"), nb::arg("tolerance"), nb::arg("threads"));
  m.def(
      "correct",
      [](const Problem& problem, const Solution& solution, const Cells& cells, double tolerance, int threads) {
        const GilReleased release;
        ThreadPool pool(threads);
        return correct(problem, solution, cells_of(cells), {.tolerance = tolerance}, pool);
      },
      nb::arg("problem"), nb::arg("solution"), nb::arg("cells"), nb::arg("tolerance"), nb::arg("threads"));
  m.def("residual_problem", &residual_problem, nb::arg("problem"), nb::arg("solution"));
}

}  // namespace

void bind_solution(nb::module_& m) {
  using Gradient = Solution::Gradient;
  bind_device_solution(m);
  nb::class_<Solution>(m, "Solution")
      .def(
          "__init__",
          [](Solution* self, const Box& box, const Field& level_set, std::vector<int> hidden, double omega,
             double gamma, const ValuesArray& parameters, Solution::Info info) {
            new (self)
                Solution(make_solution(box, level_set, std::move(hidden), omega, gamma, parameters, std::move(info)));
          },
          nb::arg("box"), nb::arg("level_set"), nb::arg("hidden"), nb::arg("omega"), nb::arg("gamma"),
          nb::arg("parameters"), nb::arg("info"))
      .def_prop_ro("box", [](const Solution& s) { return s.box(); })
      .def_prop_ro("level_set", [](const Solution& s) { return s.level_set(); })
      .def_prop_ro("hidden", [](const Solution& s) { return s.siren().hidden; })
      .def_prop_ro("omega", [](const Solution& s) { return s.siren().omega; })
      .def_prop_ro("gamma", [](const Solution& s) { return s.siren().gamma; })
      .def_prop_ro("network_counts",
                   [](const Solution& s) {
                     const NetworkMap& map = s.network_map();
                     return std::pair(map.count(Side::minus), map.count(Side::plus));
                   })
      .def(
          "network_at",
          [](const Solution& s, int side, const PointsArray& points) {
            const Points at = points_of(points);
            std::vector<std::int64_t> network;
            for (index_t i = 0; i < at.size(); ++i) {
              network.push_back(s.network_map().at(side_of(side), s.box().normalize(at[i])));
            }
            return array_of(std::move(network));
          },
          nb::arg("side"), nb::arg("points"))
      .def_prop_ro(
          "parameters", [](const Solution& s) { return array_of(Values(s.parameters())); }, nb::rv_policy::automatic)
      .def_prop_rw("info", &Solution::info, &Solution::set_info)
      .def(
          "evaluate",
          [](const Solution& s, const PointsArray& points, int threads, const std::string& precision) {
            const Precision p = parse_precision(precision);
            return evaluate(points, threads, [&](PointsView v, std::span<double> values, ThreadPool& pool) {
              s.evaluate(v, values, pool, p);
            });
          },
          nb::arg("points"), nb::arg("threads"), nb::arg("precision"))
      .def(
          "evaluate_side",
          [](const Solution& s, int side, const PointsArray& points, int threads, const std::string& precision) {
            const Precision p = parse_precision(precision);
            return evaluate(points, threads, [&](PointsView v, std::span<double> values, ThreadPool& pool) {
              s.evaluate_side(side_of(side), v, values, pool, p);
            });
          },
          nb::arg("side"), nb::arg("points"), nb::arg("threads"), nb::arg("precision"))
      .def(
          "evaluate_gradient",
          [](const Solution& s, const PointsArray& points, int threads, const std::string& precision) {
            const Precision p = parse_precision(precision);
            return evaluate_gradient(points, threads,
                                     [&](PointsView v, std::span<double> values, Gradient g, ThreadPool& pool) {
                                       s.evaluate_gradient(v, values, g, pool, p);
                                     });
          },
          nb::arg("points"), nb::arg("threads"), nb::arg("precision"))
      .def(
          "evaluate_gradient_side",
          [](const Solution& s, int side, const PointsArray& points, int threads, const std::string& precision) {
            const Precision p = parse_precision(precision);
            return evaluate_gradient(points, threads,
                                     [&](PointsView v, std::span<double> values, Gradient g, ThreadPool& pool) {
                                       s.evaluate_gradient_side(side_of(side), v, values, g, pool, p);
                                     });
          },
          nb::arg("side"), nb::arg("points"), nb::arg("threads"), nb::arg("precision"))
      .def(
          "evaluate_level_set",
          [](const Solution& s, const PointsArray& points, int threads) {
            return evaluate(points, threads, [&](PointsView v, std::span<double> values, ThreadPool& pool) {
              s.evaluate_level_set(v, values, pool);
            });
          },
          nb::arg("points"), nb::arg("threads"))
      .def(
          "jump",
          [](const Solution& s, const PointsArray& points, int threads) {
            return evaluate(points, threads,
                            [&](PointsView v, std::span<double> values, ThreadPool& pool) { s.jump(v, values, pool); });
          },
          nb::arg("points"), nb::arg("threads"))
      .def(
          "flux_jump",
          [](const Solution& s, const Problem& problem, const PointsArray& points, const PointsArray& normals,
             int threads) {
            Values values(points.shape(0));
            {
              const GilReleased release;
              ThreadPool pool = team(static_cast<index_t>(values.size()), threads);
              s.flux_jump(problem, points_of(points).view(), points_of(normals).view(), values, pool);
            }
            return array_of(std::move(values));
          },
          nb::arg("problem"), nb::arg("points"), nb::arg("normals"), nb::arg("threads"))
      .def("save", &Solution::save, nb::arg("path"), nb::call_guard<GilReleased>())
      .def("networks", &Solution::networks)
      .def("uncorrected", &Solution::uncorrected)
      .def("correction_alone", [](const Solution& s) { return Solution(s.box(), s.level_set(), *s.correction()); })
      .def_prop_ro("correction", &correction_values);
  bind_grid_solver(m);
  m.def(
      "load_solution",
      [](const std::string& path, const Field* level_set) {
        return level_set == nullptr ? Solution::load(path) : Solution::load(path, *level_set);
      },
      nb::arg("path"), nb::arg("level_set").none(), nb::call_guard<GilReleased>());
}

}  // namespace nbm::python
