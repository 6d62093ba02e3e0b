#pragma once
#include <vector>

#include "nbm/core/points.hpp"
#include "nbm/problem/box.hpp"
#include "nbm/problem/field.hpp"

// Points at which a problem is checked before anything is built on it.
namespace nbm {

// Low-discrepancy points inside of the box, and on its six faces in turn.
Points probes_inside(const Box& box, index_t count);
Points probes_on_faces(const Box& box, index_t count);
// Those of them that lie on one face.
Points on_wall(const Box& box, int face, const Points& points);

// At most `most` points of the interface: bisection between successive points where the level set, whose values at
// `points` are `phi`, changes sign.
Points probes_on_interface(const Field& level_set, const Points& points, const std::vector<double>& phi, index_t most);

}  // namespace nbm
