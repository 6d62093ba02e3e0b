#pragma once
#include "nbm/problem/problem.hpp"

namespace nbm {

// The feet of points on a wall.
Points moved_to_wall(const Box& box, int face, PointsView points);

// That level set and mu on the two walls of every period are the same, and u where other walls give it; at points of
// the faces. That its walls have no condition of their own. Throws InvalidArgument.
void check_periods(const Problem& problem, const Points& faces);

// A point beyond a periodic wall, by a period at most, where it is in the box; other axes stay as they are.
Vec3<double> folded(const Box& box, const std::array<bool, kDim>& periodic, Vec3<double> p);

// The same problem, its fields continued beyond periodic walls: there they are what they are a period back.
Problem continued_periodically(const Problem& problem);

// By network coordinates, the slope of the linear function with the jumps of u over the periods, which is 0 in the
// middle of the box. Throws InvalidArgument where it would not do: a jump is not one number, or a seam has a source.
Vec3<double> jump_ramp(const Problem& problem);

}  // namespace nbm
