#pragma once
#include <vector>

#include "nbm/core/points.hpp"
#include "nbm/problem/problem.hpp"

namespace nbm {

// How much closer than elsewhere points of the interface must lie to show what happens at each: 1, but less where a
// wall comes near along the normal. Between the wall and a surface of radius R at a distance t fluxes change over
// sqrt(R t).
std::vector<double> local_scales(const Box& box, PointsView points, PointsView normals);

// `count` of the points, each the one farthest from those before in local scales: evenly spread, whatever the density.
std::vector<index_t> spread_out(const Points& points, const std::vector<double>& scale, index_t count);

}  // namespace nbm
