#include "problem/probes.hpp"

#include <cmath>

namespace nbm {
namespace {

// Kronecker sequence: fractional parts of n / g, n / g^2, n / g^3, with g^4 = g + 1.
Vec3<double> unit_point(index_t n) {
  constexpr double g = 1.2207440846057596;
  const auto fraction = [](double v) { return v - std::floor(v); };
  const double m = static_cast<double>(n) + 1.0;
  return {fraction(0.5 + m / g), fraction(0.5 + m / (g * g)), fraction(0.5 + m / (g * g * g))};
}

Vec3<double> in_box(const Box& box, Vec3<double> unit) {
  const Vec3<double> edge = box.edge();
  return {box.lower.x + unit.x * edge.x, box.lower.y + unit.y * edge.y, box.lower.z + unit.z * edge.z};
}

}  // namespace

Points probes_inside(const Box& box, index_t count) {
  Points points(count);
  for (index_t i = 0; i < count; ++i) points.set(i, in_box(box, unit_point(i)));
  return points;
}

Points probes_on_faces(const Box& box, index_t count) {
  constexpr index_t faces = 2 * kDim;
  Points points(count);
  for (index_t i = 0; i < count; ++i) {
    Vec3<double> unit = unit_point(i / faces);
    const auto face = static_cast<int>(i % faces);
    unit[face / 2] = face % 2;
    points.set(i, in_box(box, unit));
  }
  return points;
}

Points on_wall(const Box& box, int face, const Points& points) {
  const int axis = face / 2;
  const double place = face % 2 == 0 ? box.lower[axis] : box.upper[axis];
  const double rounding = 1e-12 * box.edge()[axis];
  Points own;
  for (index_t i = 0; i < points.size(); ++i) {
    if (std::abs(points[i][axis] - place) <= rounding) own.push_back(points[i]);
  }
  return own;
}

Points probes_on_interface(const Field& level_set, const Points& points, const std::vector<double>& phi, index_t most) {
  Points minus, plus;
  for (index_t i = 0; i + 1 < points.size() && minus.size() < most; ++i) {
    const bool here = phi[static_cast<std::size_t>(i)] < 0.0, next = phi[static_cast<std::size_t>(i) + 1] < 0.0;
    if (here == next) continue;
    minus.push_back(points[here ? i : i + 1]);
    plus.push_back(points[here ? i + 1 : i]);
  }
  constexpr int halvings = 50;  // to the spacing of float64 numbers
  Points middle(minus.size());
  std::vector<double> values(static_cast<std::size_t>(minus.size()));
  for (int step = 0; step < halvings && minus.size() > 0; ++step) {
    for (index_t i = 0; i < minus.size(); ++i) middle.set(i, 0.5 * (minus[i] + plus[i]));
    level_set.evaluate(middle.view(), values);
    for (index_t i = 0; i < minus.size(); ++i) {
      (values[static_cast<std::size_t>(i)] < 0.0 ? minus : plus).set(i, middle[i]);
    }
  }
  return plus;
}

}  // namespace nbm
