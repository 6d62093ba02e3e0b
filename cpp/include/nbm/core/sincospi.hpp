#pragma once
#include "nbm/core/sincos.hpp"

// Sine and cosine of an argument in half turns: the nearest whole number is taken off exactly, and gives the sign of
// both. Minimax polynomials over a quarter turn to either side: sin(pi r) / r relatively, cos(pi r) - 1 absolutely.
namespace nbm {
namespace detail {

template <class S>
struct SincospiConstants;

// Errors of the polynomials: 5.3e-9 and 2.4e-10.
template <>
struct SincospiConstants<float> {
  static constexpr int terms = 5;
  static constexpr float sine[5] = {7.7560386935e-2F, -5.9824212639e-1F, 2.5500697263F, -5.1677096848F, 3.1415926369F};
  static constexpr float cosine[5] = {-2.4420699978e-2F, 2.3495392567e-1F, -1.3352161049F, 4.0587095998F,
                                      -4.9348021561F};
};

// 1.4e-16 and 4.2e-18.
template <>
struct SincospiConstants<double> {
  static constexpr int terms = 8;
  static constexpr double sine[8] = {-2.1122952923794754818e-5, 4.6597761697048806753e-4,  -7.3703610716640480698e-3,
                                     8.2145878256549095715e-2,  -5.9926452877570936902e-1, 2.5501640398597762452,
                                     -5.1677127800497525664,    3.1415926535897927918};
  static constexpr double cosine[8] = {4.1507502409958591908e-6,  -1.0456780740967368640e-4, 1.9295568179085101946e-3,
                                       -2.5806888862681115605e-2, 2.3533063014598702992e-1,  -1.3352627688446644471,
                                       4.0587121264165444304,     -4.9348022005446775846};
};

// The terms from number I on, as multiples of y = r^2.
template <int I = 1, class T>
NBM_HD void sincospi_polynomials(T y, T& sine, T& cosine) {
  using K = SincospiConstants<ScalarOf<T>>;
  if constexpr (I < K::terms) {
    constexpr ScalarOf<T> sine_term = K::sine[I], cosine_term = K::cosine[I];
    sine = sine * y + T(sine_term);
    cosine = cosine * y + T(cosine_term);
    sincospi_polynomials<I + 1>(y, sine, cosine);
  }
}

}  // namespace detail

// sin(pi t) and cos(pi t), without branches. Absolute error below 3 units in the last place of 1 for |t| <= 2^21
// (float) and 2^50 (double), where sincos has 2: its factors are as large as pi. NaN and infinity give NaN.
template <class T>
NBM_HD void sincospi(T t, T& sine, T& cosine) {
  using S = ScalarOf<T>;
  using K = detail::SincospiConstants<S>;
  using Integer = typename detail::IntegerOf<T>::Type;
  constexpr S round_to_integer = detail::SincosConstants<S>::round_to_integer, first_sine = K::sine[0],
              first_cosine = K::cosine[0];
  const T shifted = t + T(round_to_integer);
  const T r = t - (shifted - T(round_to_integer));
  const T y = r * r;
  T s = T(first_sine), c = T(first_cosine);
  detail::sincospi_polynomials(y, s, c);
  s = r * s;
  c = T(S(1)) + y * c;
  // Odd numbers of half turns, told by the lowest bit of `shifted`, change both signs.
  const Integer sign = detail::bit_copy<Integer>(shifted) << (detail::SincosConstants<S>::sign_shift + 1);
  sine = detail::bit_copy<T>(detail::bit_copy<Integer>(s) ^ sign);
  cosine = detail::bit_copy<T>(detail::bit_copy<Integer>(c) ^ sign);
}

}  // namespace nbm
