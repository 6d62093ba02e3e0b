#pragma once
#include "nbm/core/types.hpp"
#include "nbm/sampling/classify.hpp"

// Names of the nodes and faces around an implicit cell (docs/method.md, section 3). A node is x + h (i, j, k).
namespace nbm {

// Neighbours (i, j, k) in {-1, 0, 1}^3 of a node, at index 9(i+1) + 3(j+1) + (k+1).
constexpr int kNeighbors = 27;
constexpr int kNeighborSelf = 13;

// The 5 x 5 x 5 cube (i, j, k) in {-2..2}^3, at index 25(i+2) + 5(j+2) + (k+2).
constexpr int kCubeNodes = 125;
constexpr int kCubeCenter = 62;
constexpr int kCubeReach = 2;
// Nodes of the cube that an irregular row can touch: the neighbours of the centre and of its six neighbours.
constexpr int kStencilNodes = 81;

// Faces of a cell: -x, +x, -y, +y, -z, +z.
constexpr int kFaces = 6;

NBM_HD constexpr int face_axis(int face) { return face >> 1; }
NBM_HD constexpr int face_sign(int face) { return face & 1 ? 1 : -1; }

NBM_HD constexpr int cube_stride(int axis) { return axis == 0 ? 25 : axis == 1 ? 5 : 1; }
NBM_HD constexpr int cube_offset(int i, int j, int k) { return 25 * i + 5 * j + k; }
NBM_HD constexpr int cube_index(int i, int j, int k) { return kCubeCenter + cube_offset(i, j, k); }
NBM_HD constexpr bool in_stencil(int i, int j, int k) {
  const int far = (i == 2 || i == -2) + (j == 2 || j == -2) + (k == 2 || k == -2);
  return far <= 1;
}

// The star of a cell: node 0 is the centre, node 1 + face the neighbour across that face (the order of section 4).
NBM_HD constexpr int star_node_of_face(int face) { return 1 + face; }
NBM_HD constexpr Vec3<int> star_offset(int star_node) {
  Vec3<int> offset;
  if (star_node > 0) offset[face_axis(star_node - 1)] = face_sign(star_node - 1);
  return offset;
}
NBM_HD constexpr int cube_index_of_star(int star_node) {
  const Vec3<int> o = star_offset(star_node);
  return cube_index(o.x, o.y, o.z);
}

NBM_HD Vec3<double> node_position(Vec3<double> x, Vec3<double> h, Vec3<int> offset) {
  return {x.x + h.x * offset.x, x.y + h.y * offset.y, x.z + h.z * offset.z};
}

NBM_HD constexpr double cell_volume(Vec3<double> h) { return h.x * h.y * h.z; }
NBM_HD constexpr double face_area(Vec3<double> h, int axis) {
  return axis == 0 ? h.y * h.z : axis == 1 ? h.z * h.x : h.x * h.y;
}

}  // namespace nbm
