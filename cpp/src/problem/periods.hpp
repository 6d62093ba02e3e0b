#pragma once
#include "nbm/problem/problem.hpp"

namespace nbm {

// The feet of points on a wall.
Points moved_to_wall(const Box& box, int face, PointsView points);

// That level set and mu on the two walls of every period are the same, and u where other walls give it; at points of
// the faces. That its walls have no condition of their own. Throws InvalidArgument.
void check_periods(const Problem& problem, const Points& faces);

}  // namespace nbm
