#pragma once
#include "nbm/problem/problem.hpp"

namespace nbm {

struct OnInterface {
  Points points, normals;  // normals from minus to plus; 0 where the level set has no gradient
};

// The points of the interface next to these, by Newton steps; a point that loses its way stays where it was. On the
// caller's thread.
OnInterface nearest_on_interface(const Problem& problem, PointsView points);

// The points with those that lie on the other side moved to the interface.
Points moved_to_side(const Problem& problem, Side side, PointsView points);

}  // namespace nbm
