#pragma once
#include <initializer_list>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "nbm/core/points.hpp"

// NumPy arrays from and to the library's own containers.
namespace nbm::python {

// Points (n, 3) as a structure of arrays.
inline Points points_of(const PointsArray& array) {
  Points points(static_cast<index_t>(array.shape(0)));
  const double* row = array.data();
  for (index_t i = 0; i < points.size(); ++i, row += kDim) points.set(i, {row[0], row[1], row[2]});
  return points;
}

// A NumPy array that takes over the memory of a vector.
template <class T>
nb::ndarray<nb::numpy, T> array_of(std::vector<T>&& values, std::initializer_list<std::size_t> shape) {
  auto* owned = new std::vector<T>(std::move(values));
  const nb::capsule owner(owned, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return nb::ndarray<nb::numpy, T>(owned->data(), shape, owner);
}

template <class T>
nb::ndarray<nb::numpy, T> array_of(std::vector<T>&& values) {
  const std::size_t n = values.size();
  return array_of(std::move(values), {n});
}

// Points as an array (n, 3).
using Rows = nb::ndarray<nb::numpy, double>;
inline Rows rows_of(const Points& points) {
  std::vector<double> values(points.x.size() * kDim);
  for (std::size_t i = 0; i < points.x.size(); ++i) {
    values[kDim * i] = points.x[i];
    values[kDim * i + 1] = points.y[i];
    values[kDim * i + 2] = points.z[i];
  }
  return array_of(std::move(values), {points.x.size(), kDim});
}

}  // namespace nbm::python
