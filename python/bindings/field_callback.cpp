#include "field_callback.hpp"

#include <nanobind/stl/string.h>

#include <memory>
#include <utility>

#include "arrays.hpp"
#include "gil.hpp"
#include "nbm/core/error.hpp"

namespace nbm::python {
namespace {

// Fields are copied and destroyed by threads without the GIL: they share one reference, given back under the GIL.
std::shared_ptr<nb::object> shared_under_gil(nb::object object) {
  return {new nb::object(std::move(object)), [](nb::object* held) {
            if (interpreter_is_lost()) {
              held->release();
              return;
            }
            const GilHeld gil;
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

Field field_of_callable(const nb::object& function, std::string name) {
  const auto weak = nb::steal(PyWeakref_NewRef(function.ptr(), nullptr));
  if (!weak.is_valid()) throw nb::python_error();
  return Field([held = shared_under_gil(weak), name = std::move(name)](PointsView points, std::span<double> values) {
    const GilHeld gil;
    const nb::object alive = (*held)();
    if (alive.is_none()) throw InvalidArgument(name, "its function is gone with the problem that had it; keep that");
    copy_result(alive(array_of_points(points)), name, values);
  });
}

}  // namespace nbm::python
