#pragma once
#include <array>
#include <cstdint>

#include "nbm/problem/box.hpp"
#include "nbm/sampling/classify.hpp"

// Where points of a draw lie: from numbers in (0, 1), or the number of a node, to box coordinates (docs/method.md,
// section 10).
namespace nbm {

// One coordinate of the centre of a cell that lies within the box, uniform for uniform t.
NBM_HD double cell_center(double lower, double edge, double h, double t) { return lower + 0.5 * h + (edge - h) * t; }

// A regular cell must lie in the box, an irregular one with its neighbours' neighbours: x +- reach h within the box,
// but for round-off.
constexpr double kRegularReach = 0.5;
constexpr double kIrregularReach = 2.0;
NBM_HD double reach_of(CellKind kind) { return kind == CellKind::irregular ? kIrregularReach : kRegularReach; }

NBM_HD bool stays_inside(const Box& box, Vec3<double> point, Vec3<double> cell_size, double reach) {
  constexpr double kRoundOff = 1e-12;  // edges
  const Vec3<double> edge = box.edge();
  for (int axis = 0; axis < kDim; ++axis) {
    const double room = reach * cell_size[axis] - kRoundOff * edge[axis];
    if (point[axis] - box.lower[axis] < room || box.upper[axis] - point[axis] < room) return false;
  }
  return true;
}

// The cell size by which points keep away from the walls: 0 along periodic axes, where cells go on beyond them.
inline Vec3<double> inset_of(const std::array<bool, kDim>& periodic, Vec3<double> h) {
  for (int axis = 0; axis < kDim; ++axis) {
    if (periodic[static_cast<std::size_t>(axis)]) h[axis] = 0.0;
  }
  return h;
}

NBM_HD bool contains(const Box& box, Vec3<double> p) {
  bool inside = true;
  for (int axis = 0; axis < kDim; ++axis) inside = inside && p[axis] >= box.lower[axis] && p[axis] <= box.upper[axis];
  return inside;
}

// Candidates for irregular points: up to 1.2 longest cell edges on either side of the interface.
NBM_HD double irregular_spread(Vec3<double> h) {
  const double xy = h.x > h.y ? h.x : h.y;
  return 1.2 * (xy > h.z ? xy : h.z);
}
NBM_HD Vec3<double> beside_interface(Vec3<double> on, Vec3<double> normal, Vec3<double> h, double t) {
  return on + ((2.0 * t - 1.0) * irregular_spread(h)) * normal;
}

// Faces of the box: -x, +x, -y, +y, -z, +z. A point of one, uniform for uniform s and t.
NBM_HD Vec3<double> face_point(const Box& box, int face, double s, double t) {
  const int normal = face / 2, first = (normal + 1) % kDim, second = (normal + 2) % kDim;
  const Vec3<double> edge = box.edge();
  Vec3<double> p;
  p[normal] = face % 2 == 0 ? box.lower[normal] : box.upper[normal];
  p[first] = box.lower[first] + edge[first] * s;
  p[second] = box.lower[second] + edge[second] * t;
  return p;
}

// A node of the uniform grid with `nodes` an axis, faces included; z fastest.
NBM_HD Vec3<double> grid_node(const Box& box, index_t nodes, index_t number) {
  const index_t along[kDim] = {number / (nodes * nodes), number / nodes % nodes, number % nodes};
  const Vec3<double> edge = box.edge();
  Vec3<double> p;
  for (int axis = 0; axis < kDim; ++axis) {
    // From the nearer end, so that both faces are met exactly.
    const index_t left = along[axis], right = nodes - 1 - left;
    const double spacing = edge[axis] / static_cast<double>(nodes - 1);
    p[axis] = left < right ? box.lower[axis] + static_cast<double>(left) * spacing
                           : box.upper[axis] - static_cast<double>(right) * spacing;
  }
  return p;
}

NBM_HD bool on_face(const Box& box, Vec3<double> p) {
  bool face = false;
  for (int axis = 0; axis < kDim; ++axis) face = face || p[axis] == box.lower[axis] || p[axis] == box.upper[axis];
  return face;
}

}  // namespace nbm
