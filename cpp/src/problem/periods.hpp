#pragma once
#include "nbm/problem/problem.hpp"

namespace nbm {

// Points of the lower wall of an axis, as they are on the upper one.
Points on_upper_wall(const Box& box, int axis, PointsView lower);

// That the media on the two walls of every period are the same, at points of the faces: throws InvalidArgument.
void check_periods(const Problem& problem, const Points& faces);

}  // namespace nbm
