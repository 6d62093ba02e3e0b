#pragma once
#include "nbm/rows/stencil.hpp"

// Rows of cells that the interface does not concern, in difference form (docs/method.md, section 5).
namespace nbm {

constexpr int kRegularMuPositions = kFaces;  // mu at the face centres, in the order of the faces

NBM_HD Vec3<double> face_center(Vec3<double> x, Vec3<double> h, int face) {
  x[face_axis(face)] += 0.5 * face_sign(face) * h[face_axis(face)];
  return x;
}

// residual = value u + sum_k (first_k delta_k + second_k s_k) - rhs, with delta and s the half difference and the
// second difference of u at spacing h; divided by the Jacobi diagonal.
template <class T>
struct RegularRow {
  T value;
  Vec3<T> first, second;
  T rhs;
  T diagonal;  // by which the others were divided, per volume
};

// mu: at the six face centres; k, f: at the centre. The volume of the cell cancels: A_f / h_f = V / h_f^2.
template <class T>
NBM_HD RegularRow<T> regular_row(const T mu[kFaces], T k, T f, Vec3<T> h) {
  T diagonal = k;
  RegularRow<T> row;
  for (int axis = 0; axis < kDim; ++axis) {
    const T over_h2 = T(1) / (h[axis] * h[axis]);
    const T below = mu[2 * axis], above = mu[2 * axis + 1];
    row.first[axis] = (below - above) * over_h2;
    row.second[axis] = T(-0.5) * (above + below) * over_h2;
    diagonal += (above + below) * over_h2;
  }
  const T scale = T(1) / diagonal;
  row.value = k * scale;
  row.rhs = f * scale;
  row.first = scale * row.first;
  row.second = scale * row.second;
  row.diagonal = diagonal;
  return row;
}

}  // namespace nbm
