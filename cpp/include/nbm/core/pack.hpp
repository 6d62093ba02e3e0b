#pragma once
#include <cstdint>

#include "nbm/core/macros.hpp"

#if defined(__x86_64__) && !defined(__CUDACC__)
#include <immintrin.h>
#endif

// A pack of points: the number type with which the CPU runs the mathematics of one point on several at once.
// Host only; on the GPU the number type is float or double.
namespace nbm {

namespace detail {

// GCC drops the attribute from types that depend on template parameters, so each vector type is written out.
template <class T, int Bytes>
struct VectorType;
#define NBM_VECTOR_TYPE(T, BYTES)                       \
  template <>                                           \
  struct VectorType<T, BYTES> {                         \
    typedef T Type __attribute__((vector_size(BYTES))); \
  }
NBM_VECTOR_TYPE(float, 16);
NBM_VECTOR_TYPE(float, 32);
NBM_VECTOR_TYPE(float, 64);
NBM_VECTOR_TYPE(double, 16);
NBM_VECTOR_TYPE(double, 32);
NBM_VECTOR_TYPE(double, 64);
NBM_VECTOR_TYPE(std::int32_t, 16);
NBM_VECTOR_TYPE(std::int32_t, 32);
NBM_VECTOR_TYPE(std::int32_t, 64);
NBM_VECTOR_TYPE(std::int64_t, 16);
NBM_VECTOR_TYPE(std::int64_t, 32);
NBM_VECTOR_TYPE(std::int64_t, 64);
#undef NBM_VECTOR_TYPE

}  // namespace detail

template <class T, int Bytes>
struct Pack {
  static constexpr int size = Bytes / static_cast<int>(sizeof(T));
  using Scalar = T;
  using Vector = typename detail::VectorType<T, Bytes>::Type;

  Vector v;

  Pack() = default;
  NBM_HD Pack(T broadcast) : v(broadcast - Vector{}) {}  // NOLINT: a number is a pack of equal numbers
  NBM_HD explicit Pack(Vector vector) : v(vector) {}

  NBM_HD static Pack load(const T* from) {
    Pack p;
    __builtin_memcpy(&p.v, from, sizeof p.v);
    return p;
  }
  NBM_HD void store(T* to) const { __builtin_memcpy(to, &v, sizeof v); }
  NBM_HD T operator[](int lane) const { return v[lane]; }

  friend NBM_HD Pack operator+(Pack a, Pack b) { return Pack(a.v + b.v); }
  friend NBM_HD Pack operator-(Pack a, Pack b) { return Pack(a.v - b.v); }
  friend NBM_HD Pack operator*(Pack a, Pack b) { return Pack(a.v * b.v); }
  friend NBM_HD Pack operator-(Pack a) { return Pack(-a.v); }
  NBM_HD Pack& operator+=(Pack b) {
    v += b.v;
    return *this;
  }
};

// Whether any lane of a comparison of packs holds.
template <class Mask>
NBM_HD bool any_lane(Mask mask) {
#if defined(__AVX512F__) && defined(__AVX512DQ__)
  if constexpr (sizeof(Mask) == 64) {
    return _mm512_test_epi64_mask(reinterpret_cast<__m512i>(mask), reinterpret_cast<__m512i>(mask)) != 0;
  }
#endif
#if defined(__AVX__)
  if constexpr (sizeof(Mask) == 32) {
    return _mm256_testz_si256(reinterpret_cast<__m256i>(mask), reinterpret_cast<__m256i>(mask)) == 0;
  }
#endif
  bool any = false;
  for (unsigned lane = 0; lane < sizeof(mask) / sizeof(mask[0]); ++lane) any = any || mask[lane] != 0;
  return any;
}

// The plain number under a number type, and how many points one value of the type holds.
template <class T>
struct NumberTraits {
  using Scalar = T;
  static constexpr int size = 1;
};
template <class T, int Bytes>
struct NumberTraits<Pack<T, Bytes>> {
  using Scalar = T;
  static constexpr int size = Pack<T, Bytes>::size;
};
template <class T>
using ScalarOf = typename NumberTraits<T>::Scalar;

}  // namespace nbm
