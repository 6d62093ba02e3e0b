#include "field_callback.hpp"

#include <nanobind/stl/string.h>

#include <memory>
#include <utility>

#include "arrays.hpp"
#include "nbm/core/error.hpp"

namespace nbm::python {
namespace {

// Fields are copied and destroyed by threads without the GIL: they share one reference, given back under the GIL.
std::shared_ptr<nb::callable> shared_under_gil(nb::callable function) {
  return {new nb::callable(std::move(function)), [](nb::callable* held) {
            if (!Py_IsInitialized()) {
              held->release();
              return;
            }
            const nb::gil_scoped_acquire gil;
            delete held;
          }};
}

nb::object array_of_points(PointsView points) {
  std::vector<double> rows;
  rows.reserve(static_cast<std::size_t>(points.size * kDim));
  for (index_t i = 0; i < points.size; ++i) rows.insert(rows.end(), {points.x[i], points.y[i], points.z[i]});
  return array_of(std::move(rows), {static_cast<std::size_t>(points.size), std::size_t{kDim}}).cast();
}

std::string text_of(const nb::object& value) { return nb::cast<std::string>(nb::str(nb::handle(value))); }

std::string described(const nb::object& result) {
  if (!nb::hasattr(result, "dtype") || !nb::hasattr(result, "shape")) {
    return "a " + text_of(result.type().attr("__name__"));
  }
  return "an array of " + text_of(result.attr("dtype")) + " with shape " + text_of(result.attr("shape"));
}

void copy_result(const nb::object& result, const std::string& name, std::span<double> values) {
  nb::ndarray<const double, nb::ndim<1>, nb::device::cpu> array;
  if (!nb::try_cast(result, array, false) || array.shape(0) != values.size()) {
    throw InvalidArgument(name, "its function returned " + described(result) + ", expected float64 with shape (" +
                                    std::to_string(values.size()) + ",)");
  }
  const double* from = array.data();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = from[static_cast<std::int64_t>(i) * array.stride(0)];
}

}  // namespace

Field field_of_callable(nb::callable function, std::string name) {
  return Field([held = shared_under_gil(std::move(function)), name = std::move(name)](PointsView points,
                                                                                      std::span<double> values) {
    const nb::gil_scoped_acquire gil;
    copy_result((*held)(array_of_points(points)), name, values);
  });
}

}  // namespace nbm::python
