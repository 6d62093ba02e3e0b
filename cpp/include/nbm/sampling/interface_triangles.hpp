#pragma once
#include "nbm/core/types.hpp"

// Triangles of the piecewise linear interface in a cell that is cut into the six Kuhn tetrahedra (docs/method.md,
// section 6). Corners (i, j, k) in {0, 1}^3 at index 4i + 2j + k.
namespace nbm {

constexpr int kKuhnTetrahedra = 6;

// Corner i of Kuhn tetrahedron t: each walks from 000 to 111 along the axes in another order.
NBM_HD constexpr int kuhn_corner(int t, int i) {
  const int first = 4 >> t / 2, second = t % 2 == 0 ? (first == 4 ? 2 : 4) : (first == 1 ? 2 : 1);
  return i == 0 ? 0 : i == 1 ? first : i == 2 ? first + second : 7;
}

// Where the linear function with values of different sign at a and b vanishes.
NBM_HD Vec3<double> edge_zero(Vec3<double> a, double phi_a, Vec3<double> b, double phi_b) {
  return a + (phi_a / (phi_a - phi_b)) * (b - a);
}

// Calls emit(p, q, r, plus) for the triangles in a tetrahedron with corners x and values phi, `plus` being a corner on
// their plus side; minus is phi < 0.
template <class Emit>
NBM_HD void tetrahedron_triangles(const Vec3<double> (&x)[4], const double (&phi)[4], Emit&& emit) {
  int minus[4], plus[4], minus_count = 0, plus_count = 0;
  for (int i = 0; i < 4; ++i) {
    if (phi[i] < 0.0) {
      minus[minus_count++] = i;
    } else {
      plus[plus_count++] = i;
    }
  }
  const auto zero = [&](int i, int j) { return edge_zero(x[i], phi[i], x[j], phi[j]); };
  if (minus_count == 0 || plus_count == 0) return;
  const Vec3<double> beyond = x[plus[0]];
  if (minus_count == 1) emit(zero(minus[0], plus[0]), zero(minus[0], plus[1]), zero(minus[0], plus[2]), beyond);
  if (plus_count == 1) emit(zero(minus[0], plus[0]), zero(minus[1], plus[0]), zero(minus[2], plus[0]), beyond);
  if (minus_count == 2) {
    const Vec3<double> p = zero(minus[0], plus[0]), q = zero(minus[1], plus[1]);
    emit(p, zero(minus[0], plus[1]), q, beyond);
    emit(p, q, zero(minus[1], plus[0]), beyond);
  }
}

// The same for a cell with values at its 8 corners.
template <class Emit>
NBM_HD void cell_triangles(Vec3<double> lower, Vec3<double> size, const double (&phi)[8], Emit&& emit) {
  for (int t = 0; t < kKuhnTetrahedra; ++t) {
    Vec3<double> x[4];
    double value[4];
    for (int i = 0; i < 4; ++i) {
      const int corner = kuhn_corner(t, i);
      x[i] = lower + Vec3<double>{(corner >> 2 & 1) * size.x, (corner >> 1 & 1) * size.y, (corner & 1) * size.z};
      value[i] = phi[corner];
    }
    tetrahedron_triangles(x, value, emit);
  }
}

}  // namespace nbm
