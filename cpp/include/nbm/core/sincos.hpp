#pragma once
#include <cstdint>

#include "nbm/core/pack.hpp"

// Sine and cosine without branches for float, double and packs of them, on host and device.
// Range reduction by pi/2 in three parts (Cody & Waite) and the minimax polynomials of the Cephes library (S. Moshier).
// Absolute error below 2 units in the last place of 1 for |x| <= 8192 (float) and |x| <= 1e9 (double);
// NaN and infinity give NaN.
namespace nbm {
namespace detail {

template <class S>
struct SincosConstants;

template <>
struct SincosConstants<float> {
  using Bits = std::int32_t;
  static constexpr int sign_shift = 30;
  static constexpr float two_over_pi = 0.636619772367581343F;
  static constexpr float round_to_integer = 12582912.0F;  // 1.5 * 2^23
  static constexpr float half_pi[3] = {1.5703125F, 4.837512969970703125e-4F, 7.54978995489188216e-8F};
  static constexpr int terms = 3;  // of the polynomials for a quarter turn to either side
};

template <>
struct SincosConstants<double> {
  using Bits = std::int64_t;
  static constexpr int sign_shift = 62;
  static constexpr double two_over_pi = 0.636619772367581343075535;
  static constexpr double round_to_integer = 6755399441055744.0;  // 1.5 * 2^52
  static constexpr double half_pi[3] = {1.57079625129699707031, 7.54978941586159635336e-8, 5.39030285815811905290e-15};
  static constexpr int terms = 6;
};

// sin(r) / r - 1 and (cos(r) - 1 + r^2 / 2) / r^2 by polynomials of so many terms, as multiples of y = r^2, for |r| up
// to `range`. Those of Cephes:
template <class S, int Terms = SincosConstants<S>::terms>
struct SincosPolynomials;

template <>
struct SincosPolynomials<float, 3> {
  static constexpr float range = 0.7853981F;
  static constexpr float sine[3] = {-1.9515295891e-4F, 8.3321608736e-3F, -1.6666654611e-1F};
  static constexpr float cosine[3] = {2.443315711809948e-5F, -1.388731625493765e-3F, 4.166664568298827e-2F};
};
template <>
struct SincosPolynomials<double, 6> {
  static constexpr double range = 0.78539816339744830961;
  static constexpr double sine[6] = {1.58962301576546568060e-10, -2.50507477628578072866e-8,
                                     2.75573136213857245213e-6,  -1.98412698295895385996e-4,
                                     8.33333333332211858878e-3,  -1.66666666666666307295e-1};
  static constexpr double cosine[6] = {-1.13585365213876817300e-11, 2.08757008419747316778e-9,
                                       -2.75573141792967388112e-7,  2.48015872888717045348e-5,
                                       -1.38888888888730564116e-3,  4.16666666666665929218e-2};
};
// Minimax: relative errors of sin(r) and cos(r) - 1 are 3.2e-8 and 0.8e-8 with two terms, 3.6e-8 and 1.2e-8 with one.
template <>
struct SincosPolynomials<float, 2> {
  static constexpr float range = 0.4F;
  static constexpr float sine[2] = {8.2891577289e-3F, -1.6666447448e-1F};
  static constexpr float cosine[2] = {-1.3833696837e-3F, 4.1666393192e-2F};
};
template <>
struct SincosPolynomials<float, 1> {
  static constexpr float range = 0.07072F;
  static constexpr float sine[1] = {-1.6663215016e-1F};
  static constexpr float cosine[1] = {4.1660913964e-2F};
};

// Bit operations on a number or pack through the integer type of the same shape.
template <class T>
struct IntegerOf {
  using Type = typename SincosConstants<T>::Bits;
};
template <class S, int Bytes>
struct IntegerOf<Pack<S, Bytes>> {
  using Type = typename VectorType<typename SincosConstants<S>::Bits, Bytes>::Type;
};

template <class To, class From>
NBM_HD To bit_copy(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  __builtin_memcpy(&to, &from, sizeof to);
  return to;
}

// The terms from number I on; a loop would index arrays, which are not in the memory of a device.
template <int Terms, int I = 0, class T>
NBM_HD void sincos_polynomials(T y, T& sine, T& cosine) {
  using S = ScalarOf<T>;
  using K = SincosPolynomials<S, Terms>;
  if constexpr (I == Terms) {
    sine = sine * y;
    cosine = cosine * y;
  } else {
    constexpr S sine_term = K::sine[I], cosine_term = K::cosine[I];
    if constexpr (I == 0) {
      sine = T(sine_term);
      cosine = T(cosine_term);
    } else {
      sine = sine * y + T(sine_term);
      cosine = cosine * y + T(cosine_term);
    }
    sincos_polynomials<Terms, I + 1>(y, sine, cosine);
  }
}

// For |r| within the range of so many terms; y = r^2.
template <int Terms, class T>
NBM_HD void sin_cosm1_within(T r, T y, T& sine, T& cosm1) {
  using S = ScalarOf<T>;
  T sine_tail, cosine_tail;
  sincos_polynomials<Terms>(y, sine_tail, cosine_tail);
  sine = r + r * sine_tail;
  cosm1 = y * (cosine_tail - T(S(0.5)));
}

// Whether all points of a pack are at most `bound`.
template <class T>
NBM_HD bool all_at_most(T number, ScalarOf<T> bound) {
  if constexpr (NumberTraits<T>::size == 1) {
    return number <= bound;
  } else {
    return !any_lane(~(number.v <= T(bound).v));
  }
}

}  // namespace detail

// sin(r) and cos(r) - 1 without cancellation, for |r| <= pi/4 (is_small); y = r^2.
template <class T>
NBM_HD void sin_cosm1_small(T r, T y, T& sine, T& cosm1) {
  detail::sin_cosm1_within<detail::SincosConstants<ScalarOf<T>>::terms>(r, y, sine, cosm1);
}

template <class T>
NBM_HD void sincos(T x, T& sine, T& cosine) {
  using S = ScalarOf<T>;
  using K = detail::SincosConstants<S>;
  using Integer = typename detail::IntegerOf<T>::Type;
  const T shifted = x * T(K::two_over_pi) + T(K::round_to_integer);
  const T n = shifted - T(K::round_to_integer);
  T r = x - n * T(K::half_pi[0]);
  r = r - n * T(K::half_pi[1]);
  r = r - n * T(K::half_pi[2]);
  T s, cm1;
  sin_cosm1_small(r, r * r, s, cm1);
  const T c = T(S(1)) + cm1;
  // The low bits of `shifted` hold the quadrant: odd ones swap sine and cosine, bit 1 gives the signs.
  const Integer quadrant = detail::bit_copy<Integer>(shifted);
  const auto odd = (quadrant & 1) != 0;
  const Integer si = detail::bit_copy<Integer>(s), ci = detail::bit_copy<Integer>(c);
  const Integer sine_bits = (odd ? ci : si) ^ ((quadrant & 2) << K::sign_shift);
  const Integer cosine_bits = (odd ? si : ci) ^ (((quadrant + 1) & 2) << K::sign_shift);
  sine = detail::bit_copy<T>(sine_bits);
  cosine = detail::bit_copy<T>(cosine_bits);
}

template <class T>
NBM_HD T sine_of(T x) {
  using S = ScalarOf<T>;
  using K = detail::SincosConstants<S>;
  using Integer = typename detail::IntegerOf<T>::Type;
  const T shifted = x * T(K::two_over_pi) + T(K::round_to_integer);
  const T n = shifted - T(K::round_to_integer);
  T r = x - n * T(K::half_pi[0]);
  r = r - n * T(K::half_pi[1]);
  r = r - n * T(K::half_pi[2]);
  T s, cm1;
  sin_cosm1_small(r, r * r, s, cm1);
  const T c = T(S(1)) + cm1;
  const Integer quadrant = detail::bit_copy<Integer>(shifted);
  const auto odd = (quadrant & 1) != 0;
  const Integer bits =
      (odd ? detail::bit_copy<Integer>(c) : detail::bit_copy<Integer>(s)) ^ ((quadrant & 2) << K::sign_shift);
  return detail::bit_copy<T>(bits);
}

// Whether sin_cosm1_small may be used on arguments with these squares: true only if all points of a pack agree.
template <class T>
NBM_HD bool is_small(T squared) {
  constexpr auto range = detail::SincosPolynomials<ScalarOf<T>>::range;
  return detail::all_at_most(squared, range * range);
}

// sin(x) and cos(x) - 1 without cancellation for any x.
template <class T>
NBM_HD void sin_cosm1(T x, T& sine, T& cosm1) {
  using S = ScalarOf<T>;
  T s, c;
  sincos(T(S(0.5)) * x, s, c);
  sine = T(S(2)) * s * c;
  cosm1 = T(S(-2)) * s * s;
}

}  // namespace nbm
