#pragma once
#include <cmath>
#include <cstdint>

#include "nbm/rows/stencil.hpp"

// Least squares for a directional derivative from any subset of the 26 neighbours of a node (docs/method.md, section
// 7). In units of h the neighbours are integer vectors: their normal matrix is a matrix of small integers, kept
// exactly, so its rank is known exactly and no threshold decides what counts as singular.
namespace nbm {

constexpr std::uint32_t kAllNeighbors = (1u << kNeighbors) - 1u;

// Neighbours whose offsets satisfy offset[a] * offset[b] == sign.
constexpr std::uint32_t neighbors_with_product(int a, int b, int sign) {
  std::uint32_t mask = 0;
  for (int n = 0; n < kNeighbors; ++n) {
    const int offset[3] = {n / 9 - 1, n / 3 % 3 - 1, n % 3 - 1};
    if (offset[a] * offset[b] == sign) mask |= 1u << n;
  }
  return mask;
}

NBM_HD int bit_count(std::uint32_t bits) {
#if defined(__CUDA_ARCH__)
  return __popc(bits);
#else
  return __builtin_popcount(bits);
#endif
}

// A symmetric 3 x 3 matrix.
struct Symmetric3 {
  double xx, yy, zz, xy, xz, yz;

  NBM_HD Vec3<double> apply(Vec3<double> v) const {
    return {xx * v.x + xy * v.y + xz * v.z, xy * v.x + yy * v.y + yz * v.z, xz * v.x + yz * v.y + zz * v.z};
  }
  NBM_HD Symmetric3 adjugate() const {
    return {yy * zz - yz * yz, xx * zz - xz * xz, xx * yy - xy * xy,
            xz * yz - xy * zz, xy * yz - xz * yy, xy * xz - yz * xx};
  }
};

// The normal matrix of the neighbours in `used` in units of h: sum of offset offset^T.
NBM_HD Symmetric3 neighbor_moments(std::uint32_t used) {
  constexpr std::uint32_t xx = neighbors_with_product(0, 0, 1), yy = neighbors_with_product(1, 1, 1),
                          zz = neighbors_with_product(2, 2, 1);
  constexpr std::uint32_t xy_same = neighbors_with_product(0, 1, 1), xy_opposite = neighbors_with_product(0, 1, -1);
  constexpr std::uint32_t xz_same = neighbors_with_product(0, 2, 1), xz_opposite = neighbors_with_product(0, 2, -1);
  constexpr std::uint32_t yz_same = neighbors_with_product(1, 2, 1), yz_opposite = neighbors_with_product(1, 2, -1);
  return {double(bit_count(used & xx)),
          double(bit_count(used & yy)),
          double(bit_count(used & zz)),
          double(bit_count(used & xy_same) - bit_count(used & xy_opposite)),
          double(bit_count(used & xz_same) - bit_count(used & xz_opposite)),
          double(bit_count(used & yz_same) - bit_count(used & yz_opposite))};
}

// Minimum-norm solution of M y = n where the offsets lie in a plane, on a line, or are none. M = H moments H in box
// units, H = diag(h); `cofactors` is the adjugate of `moments`.
NBM_HD Vec3<double> solve_deficient(const Symmetric3& moments, const Symmetric3& cofactors, Vec3<double> n,
                                    Vec3<double> h) {
  const Symmetric3 m = {moments.xx * h.x * h.x, moments.yy * h.y * h.y, moments.zz * h.z * h.z,
                        moments.xy * h.x * h.y, moments.xz * h.x * h.z, moments.yz * h.y * h.z};
  const double trace = m.xx + m.yy + m.zz;
  if (trace == 0.0) return {};
  // Rank 2: the adjugate is q q^T times a number, with q normal to the plane of the offsets (in units of h).
  Vec3<double> q = {cofactors.xx, cofactors.xy, cofactors.xz};
  if (cofactors.yy > cofactors.xx && cofactors.yy >= cofactors.zz) q = {cofactors.xy, cofactors.yy, cofactors.yz};
  if (cofactors.zz > cofactors.xx && cofactors.zz > cofactors.yy) q = {cofactors.xz, cofactors.yz, cofactors.zz};
  if (q.x == 0.0 && q.y == 0.0 && q.z == 0.0) return (1.0 / (trace * trace)) * m.apply(n);  // rank 1: M = trace v v^T
  q = {q.x / h.x, q.y / h.y, q.z / h.z};
  q = (1.0 / sqrt(dot(q, q))) * q;
  // M + trace q q^T is regular and agrees with M on the plane; a right side in the plane has its solution there.
  const Symmetric3 full = {m.xx + trace * q.x * q.x, m.yy + trace * q.y * q.y, m.zz + trace * q.z * q.z,
                           m.xy + trace * q.x * q.y, m.xz + trace * q.x * q.z, m.yz + trace * q.y * q.z};
  const Symmetric3 adjugate = full.adjugate();
  const double det = full.xx * adjugate.xx + full.xy * adjugate.xy + full.xz * adjugate.xz;
  return (1.0 / det) * adjugate.apply(n - dot(n, q) * q);
}

// y such that the derivative of u along n is sum_j (offset_j . y) (u_j - u_node) over the neighbours in `used`: the
// unweighted least-squares fit, of least norm where these neighbours do not determine it.
NBM_HD Vec3<double> least_squares_derivative(std::uint32_t used, Vec3<double> n, Vec3<double> h) {
  const Symmetric3 moments = neighbor_moments(used);
  const Symmetric3 cofactors = moments.adjugate();
  const double det = moments.xx * cofactors.xx + moments.xy * cofactors.xy + moments.xz * cofactors.xz;
  if (det == 0.0) {
    const Vec3<double> y = solve_deficient(moments, cofactors, n, h);
    return {h.x * y.x, h.y * y.y, h.z * y.z};
  }
  return (1.0 / det) * cofactors.apply({n.x / h.x, n.y / h.y, n.z / h.z});
}

}  // namespace nbm
