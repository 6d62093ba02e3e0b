#pragma once
#include <cstdint>

#include "nbm/problem/expression.hpp"
#include "nbm/solution/solution.hpp"

namespace nbm::test {

// x^2 + y^2 + z^2 - r^2, as nodes.
inline Expression sphere(double radius) {
  return Expression({{Op::x},
                     {Op::y},
                     {Op::z},
                     {Op::multiply, 0, 0},
                     {Op::multiply, 1, 1},
                     {Op::multiply, 2, 2},
                     {Op::add, 3, 4},
                     {Op::add, 6, 5},
                     {Op::constant, -1, -1, -1, radius * radius},
                     {Op::subtract, 7, 8}});
}

// Points over the box and a little beyond; a Weyl sequence, so that no generator is needed.
inline Points scattered(const Box& box, index_t count) {
  Points points(count);
  double t[kDim] = {0.5, 0.5, 0.5};
  constexpr double step[kDim] = {0.8191725133961645, 0.6710436067037893, 0.5497004779019703};
  for (index_t i = 0; i < count; ++i) {
    Vec3<double> p;
    for (int axis = 0; axis < kDim; ++axis) {
      t[axis] += step[axis];
      t[axis] -= static_cast<double>(static_cast<std::int64_t>(t[axis]));
      p[axis] = box.lower[axis] + box.edge()[axis] * (1.1 * t[axis] - 0.05);
    }
    points.set(i, p);
  }
  return points;
}

inline const Box kOblong{{-1.0, 0.0, -0.5}, {1.0, 3.0, 0.25}};

inline Solution make_solution(Field level_set, const Siren& siren = {.hidden = {7, 5}}, const Box& box = kOblong) {
  std::vector<double> parameters = initial_parameters(siren, 3, Side::minus);
  const std::vector<double> plus = initial_parameters(siren, 3, Side::plus);
  parameters.insert(parameters.end(), plus.begin(), plus.end());
  return Solution(box, std::move(level_set), siren, std::move(parameters), {{"made by", "a test"}});
}

// A correction without any symmetry, on few nodes.
inline SidedGrid make_correction(const Box& box = kOblong) {
  const Vec3<index_t> shape = {5, 7, 6};
  std::array<std::vector<double>, kSides> values;
  for (std::size_t side = 0; side < kSides; ++side) {
    for (int i = 0; i < 5 * 7 * 6; ++i) values[side].push_back(((i * 37 + static_cast<int>(side) * 11) % 19) * 0.1);
  }
  return SidedGrid(box, shape, std::move(values));
}

}  // namespace nbm::test
