#pragma once
#include <vector>

#include "nbm/core/types.hpp"

namespace nbm {

// Borrowed structure-of-arrays points: x[i], y[i], z[i] for i < size, box coordinates.
struct PointsView {
  const double* x = nullptr;
  const double* y = nullptr;
  const double* z = nullptr;
  index_t size = 0;

  NBM_HD Vec3<double> operator[](index_t i) const { return {x[i], y[i], z[i]}; }
  PointsView slice(index_t first, index_t count) const { return {x + first, y + first, z + first, count}; }
};

// Owned structure-of-arrays points.
struct Points {
  std::vector<double> x, y, z;

  Points() = default;
  explicit Points(index_t count) { resize(count); }

  index_t size() const { return static_cast<index_t>(x.size()); }
  void resize(index_t count) {
    const auto n = static_cast<std::size_t>(count);
    x.resize(n);
    y.resize(n);
    z.resize(n);
  }
  void reserve(index_t count) {
    const auto n = static_cast<std::size_t>(count);
    x.reserve(n);
    y.reserve(n);
    z.reserve(n);
  }
  void clear() { resize(0); }
  void push_back(Vec3<double> p) {
    x.push_back(p.x);
    y.push_back(p.y);
    z.push_back(p.z);
  }
  void set(index_t i, Vec3<double> p) {
    const auto n = static_cast<std::size_t>(i);
    x[n] = p.x;
    y[n] = p.y;
    z[n] = p.z;
  }
  Vec3<double> operator[](index_t i) const {
    const auto n = static_cast<std::size_t>(i);
    return {x[n], y[n], z[n]};
  }
  PointsView view() const { return {x.data(), y.data(), z.data(), size()}; }
};

}  // namespace nbm
