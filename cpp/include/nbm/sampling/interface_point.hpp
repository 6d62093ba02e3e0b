#pragma once
#include <cmath>

#include "nbm/sampling/placement.hpp"

// From a triangle near the interface to a point on it: Newton steps along the gradient (docs/method.md, section 10).
namespace nbm {

constexpr int kNewtonSteps = 12;

struct InterfaceSearch {
  Box box;
  double longest_edge;  // of the box
  double longest_step;  // of one Newton step

  NBM_HD double tolerance() const { return 1e-10 * longest_edge; }
  // Of central differences: truncation and round-off are both near 1e-10 of the gradient.
  NBM_HD double difference_step() const { return 1e-5 * longest_edge; }
};

// A point of a triangle, uniform for uniform s and t.
NBM_HD Vec3<double> triangle_point(const Vec3<double>* corner, double s, double t) {
  const double root = sqrt(s);
  return (1.0 - root) * corner[0] + (root * (1.0 - t)) * corner[1] + (root * t) * corner[2];
}

// The first of n increasing numbers that is above `value`; the last one if none is.
NBM_HD index_t first_above(const double* numbers, index_t n, double value) {
  index_t begin = 0, end = n - 1;
  while (begin < end) {
    const index_t middle = (begin + end) / 2;
    if (numbers[middle] > value) {
      end = middle;
    } else {
      begin = middle + 1;
    }
  }
  return begin;
}

// Derivative from the values at two coordinates, as they were rounded.
NBM_HD double central_slope(double ahead, double behind, double at_ahead, double at_behind) {
  return (ahead - behind) / (at_ahead - at_behind);
}

enum class Travel : std::uint8_t { moving, arrived, lost };

// One step of a point with this level set and gradient; sets `normal`. Lost: no slope, or out of the box.
NBM_HD Travel newton_step(const InterfaceSearch& search, double phi, Vec3<double> gradient, Vec3<double>& at,
                          Vec3<double>& normal) {
  const double slope = sqrt(dot(gradient, gradient)), distance = phi / slope;
  if (!(slope > 0.0) || !(distance - distance == 0.0)) return Travel::lost;
  normal = (1.0 / slope) * gradient;
  if (::fabs(distance) <= search.tolerance()) return Travel::arrived;
  const double longest = search.longest_step;
  const double step = distance > longest ? longest : (distance < -longest ? -longest : distance);
  at = at - step * normal;
  return contains(search.box, at) ? Travel::moving : Travel::lost;
}

}  // namespace nbm
