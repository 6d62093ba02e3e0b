#pragma once
#include <array>
#include <vector>

#include "nbm/problem/box.hpp"
#include "nbm/problem/field.hpp"

namespace nbm {

// mu dn u + transfer (u - ambient) = flux on one side's part of a wall, n outward (docs/method.md, section 1).
struct NBM_EXPORT WallLaw {
  Field transfer = 0.0;  // not negative
  Field ambient = 0.0;
  Field flux = 0.0;  // into the box
};

// A face of the box: u is given there (Medium::boundary), or on either side a law for its flux.
struct NBM_EXPORT Wall {
  bool gives_u = true;
  std::array<WallLaw, kSides> law;
};

using Walls = std::array<Wall, kBoxFaces>;

// A pair of opposite walls that are one surface: u goes on beyond the upper one as beyond the lower one, but for a
// jump. Both walls give a law, that of the upper one the source on the surface: mu dn u (upper) - mu dn u (lower) =
// flux.
struct NBM_EXPORT Period {
  bool periodic = false;
  Field jump_u = 0.0;  // u(upper wall) - u(lower wall), asked for on the lower one
};
using Periods = std::array<Period, kDim>;

inline bool any_flux(const Walls& walls) {
  for (const Wall& wall : walls) {
    if (!wall.gives_u) return true;
  }
  return false;
}

// Of a point on the boundary of the box, the wall whose law holds there: none (-1) where any of its walls gives u, the
// first one on edges.
NBM_EXPORT int flux_wall_at(const Box& box, const Walls& walls, Vec3<double> p);

// Values of the law of one side of a wall at points.
struct WallValues {
  std::vector<double> transfer, ambient, flux;
};
// Throws InvalidField where one is not finite, or a transfer is negative.
NBM_EXPORT WallValues evaluate_wall(const Walls& walls, int face, Side side, PointsView points);

}  // namespace nbm
