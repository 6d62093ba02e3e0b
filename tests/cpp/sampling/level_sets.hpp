#pragma once
#include <cmath>

#include "nbm/problem/problem.hpp"

namespace nbm::test {

template <class F>
Field field_of(F f) {
  return Field(FieldCallback([f](PointsView points, std::span<double> values) {
    for (index_t i = 0; i < points.size; ++i) values[static_cast<std::size_t>(i)] = f(points[i]);
  }));
}

template <class F>
Problem problem_of(F level_set, Box box = {}) {
  Problem problem;
  problem.box = box;
  problem.level_set = field_of(level_set);
  return problem;
}

inline double sphere(Vec3<double> p) { return std::sqrt(dot(p, p)) - 0.5; }

constexpr Vec3<double> kSemiAxes = {0.7, 0.5, 0.3};
// No distance: its gradient on the interface runs from 2 / 0.7 to 2 / 0.3.
inline double ellipsoid(Vec3<double> p) {
  double sum = -1.0;
  for (int axis = 0; axis < kDim; ++axis) sum += p[axis] * p[axis] / (kSemiAxes[axis] * kSemiAxes[axis]);
  return sum;
}

}  // namespace nbm::test
