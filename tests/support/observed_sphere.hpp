#pragma once
#include <cmath>

#include "nbm/rows/observations.hpp"
#include "sphere_problem.hpp"

namespace nbm::testing {

// n points in the box of the sphere problem, on both sides, and its solution there.
inline Observations observed_sphere(index_t n) {
  Observations data;
  const Problem exact = sphere_problem();  // whose boundary values are the solution
  for (index_t i = 0; i < n; ++i) {
    const auto fraction = [&](double irrational) { return std::fmod(0.5 + irrational * static_cast<double>(i), 1.0); };
    const double size = i % 3 == 0 ? 0.25 : 0.95;  // a third of the points within the sphere
    const Vec3<double> x{size * (2 * fraction(0.8191725134) - 1), size * (2 * fraction(0.6710436067) - 1),
                         size * (2 * fraction(0.5497004779) - 1)};
    const Side side = dot(x, x) < 0.25 ? Side::minus : Side::plus;
    data.points.push_back(x);
    data.values.push_back(exact.medium(side).boundary.at(x));
  }
  return data;
}

// Derivatives along directions that differ from point to point, of nothing in particular.
inline Observations observed_slopes(index_t n) {
  Observations data = observed_sphere(n);
  data.name = "slopes";
  for (index_t i = 0; i < n; ++i) {
    const double angle = 0.7 * static_cast<double>(i);
    data.directions.push_back({std::cos(angle), std::sin(angle), 0.3});
  }
  data.sigma.assign(static_cast<std::size_t>(n), 0.5);
  data.sigma[0] = 2.0;
  return data;
}

}  // namespace nbm::testing
