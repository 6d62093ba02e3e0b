#pragma once
#include <cmath>

#include "nbm/rows/stencil.hpp"

// What the interface cuts off a cell: volumes, parts of faces, interface patches (docs/method.md, section 6).
namespace nbm {

constexpr int kTetrahedra = 6;

// The piece of the interface in one tetrahedron: a triangle or a plane quadrilateral.
struct InterfacePatch {
  Vec3<double> centroid;     // relative to the cell centre
  Vec3<double> area_vector;  // area times the unit normal from minus to plus
  double area = 0.0;
};

// Everything in box units; centroids relative to the cell centre, meaningful where the area is not 0.
struct CutCell {
  double volume[kSides];
  double face_area[kSides][kFaces];
  Vec3<double> face_centroid[kSides][kFaces];
  InterfacePatch patch[kTetrahedra];
  int patches;
};

// Corner (i, j, k) of the unit cell around the origin.
NBM_HD Vec3<double> unit_corner(int corner) {
  return {(corner >> 2 & 1) - 0.5, (corner >> 1 & 1) - 0.5, (corner & 1) - 0.5};
}

// The point where the linear interpolant of the two values vanishes; a and b have opposite signs.
NBM_HD Vec3<double> zero_on_edge(Vec3<double> at_a, Vec3<double> at_b, double a, double b) {
  return at_a + (a / (a - b)) * (at_b - at_a);
}

// Area moments of the two parts of a polygon, in units of the unit square: area, and area times centroid.
struct FaceParts {
  double area[kSides] = {0.0, 0.0};
  Vec3<double> moment[kSides];

  NBM_HD void add(int side, double part, Vec3<double> a, Vec3<double> b, Vec3<double> c) {
    area[side] += part;
    moment[side] = moment[side] + (part / 3.0) * (a + b + c);
  }
};

// Adds one triangle (of area 1/2) in pieces. Both parts are sums of positive terms, so that the small one keeps its
// accuracy.
template <class Parts>
NBM_HD void cut_triangle(const double phi[3], const Vec3<double> corner[3], Parts& parts) {
  const int minus = (phi[0] < 0.0) + (phi[1] < 0.0) + (phi[2] < 0.0);
  if (minus == 0 || minus == 3) {
    parts.add(minus == 3 ? 0 : 1, 0.5, corner[0], corner[1], corner[2]);
    return;
  }
  const bool lone_is_minus = minus == 1;
  const int a = (phi[0] < 0.0) == lone_is_minus ? 0 : (phi[1] < 0.0) == lone_is_minus ? 1 : 2;
  const int b = (a + 1) % 3, c = (a + 2) % 3;
  const double to_b = phi[a] / (phi[a] - phi[b]), to_c = phi[a] / (phi[a] - phi[c]);
  const double from_b = phi[b] / (phi[b] - phi[a]), from_c = phi[c] / (phi[c] - phi[a]);
  const Vec3<double> on_ab = corner[a] + to_b * (corner[b] - corner[a]);
  const Vec3<double> on_ac = corner[a] + to_c * (corner[c] - corner[a]);
  const int lone = lone_is_minus ? 0 : 1;
  parts.add(lone, 0.5 * to_b * to_c, corner[a], on_ab, on_ac);
  parts.add(1 - lone, 0.5 * from_b, corner[b], corner[c], on_ab);
  parts.add(1 - lone, 0.5 * to_b * from_c, corner[c], on_ac, on_ab);
}

// parts.add(side, area, a, b, c) for every triangular piece of the face, in units of the unit cell.
template <class Parts>
NBM_HD void cut_face(const double phi[kCellCorners], int face, Parts& parts) {
  const int axis = face_axis(face);
  const int first = 4 >> ((axis + 1) % 3), second = 4 >> ((axis + 2) % 3);  // corner strides along the face
  const int origin = face_sign(face) > 0 ? 4 >> axis : 0;
  const int path[2] = {first, second};
  for (const int step : path) {  // both triangles share the diagonal from the lowest to the highest corner
    const int corners[3] = {origin, origin + step, origin + first + second};
    const double values[3] = {phi[corners[0]], phi[corners[1]], phi[corners[2]]};
    const Vec3<double> points[3] = {unit_corner(corners[0]), unit_corner(corners[1]), unit_corner(corners[2])};
    cut_triangle(values, points, parts);
  }
}

// Area vector, in box units and of either sign, of a triangle in the unit cell.
NBM_HD Vec3<double> area_vector(Vec3<double> a, Vec3<double> b, Vec3<double> c, Vec3<double> h) {
  const Vec3<double> v = 0.5 * cross(b - a, c - a);
  return {v.x * face_area(h, 0), v.y * face_area(h, 1), v.z * face_area(h, 2)};
}

// The plane polygon of 3 or 4 corners, in cyclic order, in the unit cell; `toward`: any point on the plus side.
NBM_HD InterfacePatch interface_patch(const Vec3<double>* corner, int corners, Vec3<double> toward, Vec3<double> h) {
  InterfacePatch patch;
  Vec3<double> moment;
  for (int last = 2; last < corners; ++last) {
    const Vec3<double> v = area_vector(corner[0], corner[last - 1], corner[last], h);
    const double area = sqrt(dot(v, v));
    patch.area_vector = patch.area_vector + v;
    patch.area += area;
    moment = moment + (area / 3.0) * (corner[0] + corner[last - 1] + corner[last]);
  }
  const Vec3<double> middle = patch.area > 0.0 ? (1.0 / patch.area) * moment : corner[0];
  const Vec3<double> up = toward - middle;
  const Vec3<double> physical_up = {h.x * up.x, h.y * up.y, h.z * up.z};
  if (dot(patch.area_vector, physical_up) < 0.0) patch.area_vector = -1.0 * patch.area_vector;
  patch.centroid = {h.x * middle.x, h.y * middle.y, h.z * middle.z};
  return patch;
}

// Cuts the tetrahedron on four corners of the unit cell: returns the fraction of its volume on the minus side and
// calls add_patch(corners, how many, toward) with its patch of the interface, as for interface_patch.
template <class AddPatch>
NBM_HD double cut_tetrahedron(const double phi[kCellCorners], const int corners[4], AddPatch&& add_patch) {
  int at[4];  // minus corners first, both groups in the order given
  int minus = 0;
  for (int i = 0; i < 4; ++i) {
    if (phi[corners[i]] < 0.0) at[minus++] = corners[i];
  }
  for (int i = 0, n = minus; i < 4; ++i) {
    if (!(phi[corners[i]] < 0.0)) at[n++] = corners[i];
  }
  if (minus == 0 || minus == 4) return minus == 4 ? 1.0 : 0.0;
  const double p[4] = {phi[at[0]], phi[at[1]], phi[at[2]], phi[at[3]]};
  const Vec3<double> x[4] = {unit_corner(at[0]), unit_corner(at[1]), unit_corner(at[2]), unit_corner(at[3])};
  if (minus != 2) {
    const int lone = minus == 1 ? 0 : 3;
    double fraction = 1.0;
    Vec3<double> zero[3];
    for (int i = 0, n = 0; i < 4; ++i) {
      if (i == lone) continue;
      fraction *= p[lone] / (p[lone] - p[i]);
      zero[n++] = zero_on_edge(x[lone], x[i], p[lone], p[i]);
    }
    add_patch(zero, 3, x[3]);
    return minus == 1 ? fraction : 1.0 - fraction;
  }
  const double t02 = p[0] / (p[0] - p[2]), t03 = p[0] / (p[0] - p[3]);
  const double t12 = p[1] / (p[1] - p[2]), t13 = p[1] / (p[1] - p[3]);
  const Vec3<double> zero[4] = {x[0] + t02 * (x[2] - x[0]), x[0] + t03 * (x[3] - x[0]), x[1] + t13 * (x[3] - x[1]),
                                x[1] + t12 * (x[2] - x[1])};
  add_patch(zero, 4, x[3]);
  return t02 * t03 * (1.0 - t13) + t02 * (1.0 - t12) * t13 + t12 * t13;
}

// Cuts the six Kuhn tetrahedra of the unit cell, as above: the fraction of the cell's volume on the minus side.
template <class AddPatch>
NBM_HD double cut_tetrahedra(const double corner[kCellCorners], AddPatch&& add_patch) {
  double minus_fraction = 0.0;
  for (int first = 0; first < 3; ++first) {
    for (int turn = 1; turn < 3; ++turn) {  // the path 000 -> first -> second -> 111 names a Kuhn tetrahedron
      const int a = 4 >> first, b = a + (4 >> ((first + turn) % 3));
      const int corners[4] = {0, a, b, 7};
      minus_fraction += cut_tetrahedron(corner, corners, add_patch);
    }
  }
  return minus_fraction / kTetrahedra;
}

// corner: values of corner_level_set. Parts of faces below 1e-14 of the face are dropped (area 0).
NBM_HD void cut_cell(const double corner[kCellCorners], Vec3<double> h, CutCell& cell) {
  cell.patches = 0;
  const double minus_fraction = cut_tetrahedra(corner, [&](const Vec3<double>* zero, int count, Vec3<double> toward) {
    cell.patch[cell.patches++] = interface_patch(zero, count, toward, h);
  });
  const double volume = cell_volume(h);
  cell.volume[0] = volume * minus_fraction;
  cell.volume[1] = volume - cell.volume[0];
  for (int face = 0; face < kFaces; ++face) {
    FaceParts parts;
    cut_face(corner, face, parts);
    const double area = face_area(h, face_axis(face));
    for (int side = 0; side < kSides; ++side) {
      const bool kept = parts.area[side] >= 1e-14;
      const Vec3<double> c = kept ? (1.0 / parts.area[side]) * parts.moment[side] : Vec3<double>{};
      cell.face_area[side][face] = kept ? area * parts.area[side] : 0.0;
      cell.face_centroid[side][face] = {h.x * c.x, h.y * c.y, h.z * c.z};
    }
  }
}

}  // namespace nbm
