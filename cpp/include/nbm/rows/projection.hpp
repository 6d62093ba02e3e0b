#pragma once
#include <cmath>

#include "nbm/rows/stencil.hpp"
#include "nbm/sampling/interface_triangles.hpp"

// From a node to the nearest point of the interface (docs/method.md, section 7), with nothing but values of the level
// set around the node, so that the point stays near the node whatever the level set is.
namespace nbm {

// Where the jump conditions of a node are read.
struct GhostGeometry {
  Vec3<double> normal;    // from minus to plus; 0 where the interface goes through the node and has no direction
  double distance = 0.0;  // signed distance of the node from the interface
  Vec3<double> foot;      // point of the interface, relative to the node
};

// The nearest point of a triangle to the origin: that of its plane, of an edge or a corner (Ericson, "Real-Time
// Collision Detection", 2005, section 5.1.5).
NBM_HD Vec3<double> nearest_in_triangle(Vec3<double> a, Vec3<double> b, Vec3<double> c) {
  const Vec3<double> ab = b - a, ac = c - a;
  const double d1 = -dot(ab, a), d2 = -dot(ac, a);
  if (d1 <= 0.0 && d2 <= 0.0) return a;
  const double d3 = -dot(ab, b), d4 = -dot(ac, b);
  if (d3 >= 0.0 && d4 <= d3) return b;
  const double d5 = -dot(ab, c), d6 = -dot(ac, c);
  if (d6 >= 0.0 && d5 <= d6) return c;
  const double of_c = d1 * d4 - d3 * d2, of_b = d5 * d2 - d1 * d6, of_a = d3 * d6 - d5 * d4;
  if (of_c <= 0.0 && d1 >= 0.0 && d3 <= 0.0) return a + (d1 / (d1 - d3)) * ab;
  if (of_b <= 0.0 && d2 >= 0.0 && d6 <= 0.0) return a + (d2 / (d2 - d6)) * ac;
  if (of_a <= 0.0 && d4 >= d3 && d5 >= d6) return b + ((d4 - d3) / ((d4 - d3) + (d5 - d6))) * (c - b);
  const double sum = of_a + of_b + of_c;
  return sum > 0.0 ? a + (of_b / sum) * ab + (of_c / sum) * ac : a;
}

// The foot that the gradient points to. phi: the level set at the node, in the 5 x 5 x 5 cube (strides cube_stride).
NBM_HD GhostGeometry gradient_projection(const double* phi, Vec3<double> h) {
  Vec3<double> gradient;
  for (int axis = 0; axis < kDim; ++axis) {
    gradient[axis] = (phi[cube_stride(axis)] - phi[-cube_stride(axis)]) / (2.0 * h[axis]);
  }
  const double length = sqrt(dot(gradient, gradient));
  GhostGeometry out;
  if (!(length > 0.0)) return out;
  out.normal = (1.0 / length) * gradient;
  out.distance = phi[0] / length;
  out.foot = -out.distance * out.normal;
  return out;
}

// The projection onto a point of the interface, relative to the node, whose level set is `phi`.
NBM_HD GhostGeometry projection_onto(Vec3<double> foot, double phi) {
  GhostGeometry out;
  const double length = sqrt(dot(foot, foot));
  if (!(length > 0.0)) return out;
  const double sign = phi < 0.0 ? -1.0 : 1.0;
  out.normal = (-sign / length) * foot;
  out.distance = sign * length;
  out.foot = foot;
  return out;
}

// Whether the gradient has led to the interface: the foot lies among the neighbours of the node, and the level set
// there, trilinear between them, is at most half of that at the node, or small against what the gradient brings in a
// cell.
NBM_HD bool lands_on_interface(const double* phi, const GhostGeometry& at, Vec3<double> h) {
  if (!(dot(at.normal, at.normal) > 0.0)) return false;
  int near[kDim];
  double t[kDim];
  for (int axis = 0; axis < kDim; ++axis) {
    const double place = at.foot[axis] / h[axis];
    if (!(place >= -1.0 && place <= 1.0)) return false;
    near[axis] = place < 0.0 ? -1 : 0;
    t[axis] = place - near[axis];
  }
  double found = 0.0, slope = 0.0;
  for (int corner = 0; corner < kCellCorners; ++corner) {
    const int i = corner >> 2 & 1, j = corner >> 1 & 1, k = corner & 1;
    const double weight = (i ? t[0] : 1.0 - t[0]) * (j ? t[1] : 1.0 - t[1]) * (k ? t[2] : 1.0 - t[2]);
    found += weight * phi[cube_offset(near[0] + i, near[1] + j, near[2] + k)];
  }
  for (int axis = 0; axis < kDim; ++axis) {
    const double across = ::fabs(phi[cube_stride(axis)] - phi[-cube_stride(axis)]);
    slope = across > slope ? across : slope;  // over two cells
  }
  const double half = 0.5 * ::fabs(phi[0]), little = 0.0625 * slope;
  return ::fabs(found) <= (half > little ? half : little);
}

// Whether a point at the squared distance `square` takes the place of the nearest one so far (negative: none). Of
// points that by symmetry are as near the first one stays, however the arithmetic rounds.
NBM_HD bool is_nearer(double square, double least) { return least < 0.0 || square < (1.0 - 1e-8) * least; }

// The nearest point of the triangulated interface among the neighbours of the node; false if there is none.
NBM_HD bool nearest_on_triangles(const double* phi, Vec3<double> h, Vec3<double>& foot) {
  double least = -1.0;
  for (int octant = 0; octant < kCellCorners; ++octant) {
    const Vec3<int> low = {(octant >> 2 & 1) - 1, (octant >> 1 & 1) - 1, (octant & 1) - 1};
    double corner[kCellCorners];
    int minus = 0;
    for (int c = 0; c < kCellCorners; ++c) {
      corner[c] = phi[cube_offset(low.x + (c >> 2 & 1), low.y + (c >> 1 & 1), low.z + (c & 1))];
      minus += corner[c] < 0.0;
    }
    if (minus == 0 || minus == kCellCorners) continue;
    cell_triangles(node_position({}, h, low), h, corner,
                   [&](Vec3<double> a, Vec3<double> b, Vec3<double> c, Vec3<double>) {
                     const Vec3<double> p = nearest_in_triangle(a, b, c);
                     const double square = dot(p, p);
                     if (!is_nearer(square, least)) return;
                     least = square;
                     foot = p;
                   });
  }
  return least >= 0.0;
}

// The nearest of the points where the level set changes its sign on the way from a node of the star to the corners of
// the cell, as far as it does; false if there is none. phi: at the node; corner: of the cell.
NBM_HD bool nearest_toward_corners(double phi, const double corner[kCellCorners], int star_node, Vec3<double> h,
                                   Vec3<double>& foot) {
  double least = -1.0;
  const Vec3<int> o = star_offset(star_node);
  for (int c = 0; c < kCellCorners; ++c) {
    if ((corner[c] < 0.0) == (phi < 0.0)) continue;
    const Vec3<double> way = classify_position({-o.x * h.x, -o.y * h.y, -o.z * h.z}, h, c);
    const Vec3<double> p = (phi / (phi - corner[c])) * way;
    if (!is_nearer(dot(p, p), least)) continue;
    least = dot(p, p);
    foot = p;
  }
  return least >= 0.0;
}

// phi: the level set at the star node, in the cube; corner: of the cell whose star it is. Where the gradient leads
// astray (no distance, flat, at a medial axis), the nearest point of the triangulated interface; where all neighbours
// lie on one side, that on the way to a corner of the cell. Without any of these: nothing needs a ghost there.
NBM_HD GhostGeometry project_node(const double* phi, const double corner[kCellCorners], int star_node, Vec3<double> h) {
  const GhostGeometry along = gradient_projection(phi, h);
  if (lands_on_interface(phi, along, h)) return along;
  Vec3<double> foot;
  if (nearest_on_triangles(phi, h, foot) || nearest_toward_corners(phi[0], corner, star_node, h, foot)) {
    return projection_onto(foot, phi[0]);
  }
  return {};
}

}  // namespace nbm
