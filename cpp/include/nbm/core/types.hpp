#pragma once
#include <cstdint>

#include "nbm/core/macros.hpp"

namespace nbm {

using index_t = std::int64_t;

// The two sides of the interface: minus where the level set is negative, plus elsewhere (docs/conventions.md).
enum class Side : std::uint8_t { minus = 0, plus = 1 };
constexpr int kSides = 2;
constexpr int kDim = 3;

NBM_HD constexpr Side other(Side side) { return side == Side::minus ? Side::plus : Side::minus; }
NBM_HD constexpr int index_of(Side side) { return static_cast<int>(side); }

template <class T>
struct Vec3 {
  T x{}, y{}, z{};

  NBM_HD constexpr T& operator[](int axis) { return axis == 0 ? x : axis == 1 ? y : z; }
  NBM_HD constexpr const T& operator[](int axis) const { return axis == 0 ? x : axis == 1 ? y : z; }

  friend NBM_HD constexpr Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
  friend NBM_HD constexpr Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
  friend NBM_HD constexpr Vec3 operator*(T s, Vec3 a) { return {s * a.x, s * a.y, s * a.z}; }
  friend NBM_HD constexpr bool operator==(Vec3 a, Vec3 b) { return a.x == b.x && a.y == b.y && a.z == b.z; }
};

template <class T>
NBM_HD constexpr T dot(Vec3<T> a, Vec3<T> b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

template <class T>
NBM_HD constexpr Vec3<T> cross(Vec3<T> a, Vec3<T> b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

}  // namespace nbm
