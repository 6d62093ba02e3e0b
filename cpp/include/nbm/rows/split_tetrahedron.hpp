#pragma once
#include <array>

#include "nbm/rows/cut_cell.hpp"

namespace nbm {

// The parts of a tetrahedron on both sides of the plane where the linear interpolant of four values vanishes, as
// tetrahedra: add(side, corners).
template <class Add>
void split_tetrahedron(const double phi[4], const Vec3<double> corner[4], Add&& add) {
  double p[4];
  Vec3<double> x[4];  // minus corners first
  int minus = 0, next = 0;
  for (const bool negative : {true, false}) {
    for (int i = 0; i < 4; ++i) {
      if ((phi[i] < 0.0) != negative) continue;
      p[next] = phi[i];
      x[next++] = corner[i];
      minus += negative;
    }
  }
  const auto zero = [&](int i, int j) { return zero_on_edge(x[i], x[j], p[i], p[j]); };
  const auto tetrahedron = [&](int side, Vec3<double> a, Vec3<double> b, Vec3<double> c, Vec3<double> d) {
    add(side, std::array{a, b, c, d});
  };
  const auto prism = [&](int side, const std::array<Vec3<double>, 3>& a, const std::array<Vec3<double>, 3>& b) {
    tetrahedron(side, a[0], a[1], a[2], b[0]);
    tetrahedron(side, a[1], a[2], b[0], b[1]);
    tetrahedron(side, a[2], b[0], b[1], b[2]);
  };
  if (minus == 0 || minus == 4) {
    tetrahedron(minus == 4 ? 0 : 1, x[0], x[1], x[2], x[3]);
  } else if (minus == 1) {
    tetrahedron(0, x[0], zero(0, 1), zero(0, 2), zero(0, 3));
    prism(1, {x[1], x[2], x[3]}, {zero(0, 1), zero(0, 2), zero(0, 3)});
  } else if (minus == 3) {
    tetrahedron(1, x[3], zero(3, 0), zero(3, 1), zero(3, 2));
    prism(0, {x[0], x[1], x[2]}, {zero(3, 0), zero(3, 1), zero(3, 2)});
  } else {
    prism(0, {x[0], zero(0, 2), zero(0, 3)}, {x[1], zero(1, 2), zero(1, 3)});
    prism(1, {x[2], zero(0, 2), zero(1, 2)}, {x[3], zero(0, 3), zero(1, 3)});
  }
}

}  // namespace nbm
