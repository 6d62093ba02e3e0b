#pragma once
#include "nbm/core/types.hpp"

namespace nbm {

// Faces of a box: -x, +x, -y, +y, -z, +z.
constexpr int kBoxFaces = 2 * kDim;

// The axis-aligned domain [lower, upper].
struct NBM_EXPORT Box {
  Vec3<double> lower{-1.0, -1.0, -1.0};
  Vec3<double> upper{1.0, 1.0, 1.0};

  NBM_HD Vec3<double> edge() const { return upper - lower; }
  NBM_HD Vec3<double> center() const { return 0.5 * (lower + upper); }
  // Network coordinates: the affine map of the box onto [-1, 1]^3 (docs/method.md, section 2).
  NBM_HD Vec3<double> normalize(Vec3<double> point) const {
    const Vec3<double> c = center(), l = edge();
    return {2.0 * (point.x - c.x) / l.x, 2.0 * (point.y - c.y) / l.y, 2.0 * (point.z - c.z) / l.z};
  }
  // Lengths along the axes in network coordinates.
  NBM_HD Vec3<double> normalize_lengths(Vec3<double> h) const {
    const Vec3<double> l = edge();
    return {2.0 * h.x / l.x, 2.0 * h.y / l.y, 2.0 * h.z / l.z};
  }
  // Throws InvalidArgument unless every bound is finite and lower < upper on every axis.
  void validate() const;
  friend bool operator==(const Box&, const Box&) = default;
};

}  // namespace nbm
