#include <nanobind/stl/vector.h>

#include <chrono>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "nbm/network/evaluate.hpp"

namespace nbm::python {

namespace {

// Values of one network a second in single precision, the best of some runs over `count` points.
double measure_evaluation_rate(std::vector<int> hidden, index_t count, int threads) {
  const GilReleased release;
  const Siren siren{std::move(hidden)};
  const std::vector<double> parameters = initial_parameters(siren, 0, Side::plus);
  Points points(count);
  for (index_t i = 0; i < count; ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(count);
    points.set(i, {2 * t - 1, 1 - t, t * t});
  }
  std::vector<double> values(points.x.size());
  ThreadPool pool(threads);
  double best = 0;
  for (int trial = 0; trial < 12; ++trial) {
    const auto start = std::chrono::steady_clock::now();
    evaluate_network(siren, parameters, points.view(), values, Precision::float32, pool);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(count) / seconds.count());
  }
  return best;
}

}  // namespace

void bind_network(nb::module_& m) {
  m.def("measure_evaluation_rate", &measure_evaluation_rate);
  m.def("siren_parameter_count", [](std::vector<int> hidden, double omega, double gamma) {
    const Siren siren{std::move(hidden), omega, gamma};
    siren.validate();
    return siren.parameter_count();
  });
  m.def("siren_initial_parameters",
        [](std::vector<int> hidden, double omega, double gamma, std::uint64_t seed, int side) {
          return array_of(initial_parameters({std::move(hidden), omega, gamma}, seed, static_cast<Side>(side)));
        });
}

}  // namespace nbm::python
