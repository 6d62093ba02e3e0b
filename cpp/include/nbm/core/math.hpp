#pragma once
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "nbm/core/sincos.hpp"

// Elementary functions of float64 without branches, on a number (host and device) or on a vector of the compiler
// (host: Pack<double, Bytes>::Vector, or any __attribute__((vector_size)) type of double).
// Range reduction and polynomials: exp and the arc tangent by our own Chebyshev fits, the logarithm as in FreeBSD's
// msun (Sun Microsystems, 1993), sine and cosine in sincos.hpp. Errors, measured against long double over the ranges
// below: at most 1 unit in the last place for log and exp, 3 for tan, tanh, asin and acos, 2 for the
// rest. Outside of its range, and there only, a function calls the C library, number by number.
namespace nbm {
namespace detail {

template <class V>
constexpr bool is_number = std::is_arithmetic_v<V>;

// The 64-bit integers under a number or vector.
template <class V>
struct BitsOf {
  using Type = decltype(V{} < V{});
};
template <>
struct BitsOf<double> {
  using Type = std::int64_t;
};
template <class V>
using Bits = typename BitsOf<V>::Type;

template <class V>
NBM_HD V broadcast(double c) {
  return c - V{};
}

template <class V>
NBM_HD V magnitude(V x) {
  return bit_copy<V>(bit_copy<Bits<V>>(x) & INT64_C(0x7fffffffffffffff));
}
template <class V>
NBM_HD V with_sign_of(V positive, V sign) {
  return bit_copy<V>(bit_copy<Bits<V>>(positive) | (bit_copy<Bits<V>>(sign) & INT64_MIN));
}

template <class V, int N>
NBM_HD V polynomial(V x, const double (&coefficients)[N]) {
  V sum = broadcast<V>(coefficients[N - 1]);
  NBM_UNROLL
  for (int i = N - 2; i >= 0; --i) sum = sum * x + coefficients[i];
  return sum;
}

// fast(x), but exact(x) for the numbers where `usable` does not hold.
template <class V, class Mask, class Exact>
NBM_HD V guarded(V fast, Mask usable, Exact exact) {
  if constexpr (is_number<V>) {
    return usable ? fast : exact(0);
  } else {
    if (any_lane(~usable)) {
      for (unsigned lane = 0; lane < sizeof(V) / sizeof(double); ++lane) {
        if (usable[lane] == 0) fast[lane] = exact(lane);
      }
    }
    return fast;
  }
}

template <class V>
NBM_HD double lane_of(V x, unsigned lane) {
  if constexpr (is_number<V>) {
    return x;
  } else {
    return x[lane];
  }
}

// |x| <= 708.
template <class V>
NBM_HD V exp_core(V x) {
  constexpr double log2e = 1.4426950408889634074, magic = 6755399441055744.0;  // 1.5 * 2^52
  constexpr double ln2_high = 0x1.62e42fecp-1, ln2_low = 4.236521365809284e-10;
  constexpr double tail[] = {0.5000000000000001,     0.16666666666666669,    0.041666666666623824,
                             0.008333333333330039,   0.0013888888917367081,  0.00019841269863171557,
                             2.4801521057868204e-05, 2.7557268276905696e-06, 2.7620201591031547e-07,
                             2.5100472505694996e-08};
  const V shifted = x * log2e + magic;
  const V n = shifted - magic;
  const V high = x - n * ln2_high;
  const V r = high - n * ln2_low;
  const V p = 1.0 + (r + r * r * polynomial(r, tail));
  // The low bits of `shifted` hold n: moved up they add to the exponent.
  return bit_copy<V>(bit_copy<Bits<V>>(p) + (bit_copy<Bits<V>>(shifted) << 52));
}

// exp |x|; 1 where |x| is beyond the range of the hyperbolic functions.
template <class V>
NBM_HD V exp_of_magnitude(V x) {
  const V size = magnitude(x);
  return exp_core(size <= 700.0 ? size : broadcast<V>(0.0));
}

// Normal positive x.
template <class V>
NBM_HD V log_core(V x) {
  constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
  constexpr double even[] = {3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01};
  constexpr double odd[] = {6.666666666666735130e-01, 2.857142874366239149e-01, 1.818357216161805012e-01,
                            1.479819860511658591e-01};
  constexpr std::int64_t half_root = 0x3fe6a09e667f3bcd;  // bits of sqrt(1/2)
  constexpr std::int64_t magic_bits = 0x4338000000000000;
  constexpr double magic = 6755399441055744.0;
  const auto bits = bit_copy<Bits<V>>(x);
  const auto exponent = (bits - half_root) >> 52;
  const V f = bit_copy<V>(bits - (exponent << 52)) - 1.0;
  const V k = bit_copy<V>(exponent + magic_bits) - magic;
  const V s = f / (2.0 + f);
  const V z = s * s, w = z * z;
  const V remainder = z * polynomial(w, odd) + w * polynomial(w, even);
  const V half_square = 0.5 * f * f;
  return s * (half_square + remainder) + k * ln2_low - half_square + f + k * ln2_high;
}

// Angle of (x, y); the larger of |x| and |y| is normal and finite, and their quotient does not underflow.
template <class V>
NBM_HD V atan2_core(V y, V x) {
  constexpr double tail[] = {-0.3333333333333333,   0.19999999999995516, -0.14285714284665682, 0.11111111015187018,
                             -0.0909090457530649,   0.07692183125376892, -0.06664510525508936, 0.05858140904866328,
                             -0.050854078345894844, 0.03923044778479309, -0.019175404711104935};
  constexpr double tangent_of_eighth = 0.41421356237309503;
  constexpr double pi_high = 3.141592653589793, pi_low = 1.2246467991473532e-16;
  const V ax = magnitude(x), ay = magnitude(y);
  const auto steep = ay > ax;
  const V small = steep ? ax : ay;
  const V large = steep ? ay : ax;
  // atan(t) = pi/4 + atan((t - 1)/(t + 1)) brings t = small / large under tan(pi/8).
  const auto far = small > tangent_of_eighth * large;
  const V t = (far ? small - large : small) / (far ? small + large : large);
  const V u = t * t;
  const V zero = broadcast<V>(0.0);
  V angle_high = far ? broadcast<V>(0.25 * pi_high) : zero;
  V angle_low = t * u * polynomial(u, tail) + (far ? broadcast<V>(0.25 * pi_low) : zero);
  V middle = t;
  // The sum angle_high + (middle + angle_low), reflected at pi/4 and then at pi/2.
  angle_high = steep ? 0.5 * pi_high - angle_high : angle_high;
  angle_low = steep ? 0.5 * pi_low - angle_low : angle_low;
  middle = steep ? -middle : middle;
  const auto left = bit_copy<Bits<V>>(x) < 0;
  angle_high = left ? pi_high - angle_high : angle_high;
  angle_low = left ? pi_low - angle_low : angle_low;
  middle = left ? -middle : middle;
  return with_sign_of(angle_high + (middle + angle_low), y);
}

}  // namespace detail

// exp and log do integer arithmetic on the bits of their argument: it must not meet numbers out of range.
template <class V>
NBM_HD V fast_exp(V x) {
  const auto usable = detail::magnitude(x) <= 708.0;
  return detail::guarded(detail::exp_core(usable ? x : detail::broadcast<V>(0.0)), usable,
                         [&](unsigned i) { return ::exp(detail::lane_of(x, i)); });
}

template <class V>
NBM_HD V fast_log(V x) {
  const auto usable = (x >= 2.2250738585072014e-308) & (x <= 1.7976931348623157e308);
  return detail::guarded(detail::log_core(usable ? x : detail::broadcast<V>(1.0)), usable,
                         [&](unsigned i) { return ::log(detail::lane_of(x, i)); });
}

// sin, cos and tan: range |x| <= 1e6.
template <class V>
NBM_HD void fast_sincos(V x, V& sine, V& cosine) {
  if constexpr (detail::is_number<V>) {
    sincos(x, sine, cosine);
  } else {
    Pack<double, sizeof(V)> s, c;
    sincos(Pack<double, sizeof(V)>(x), s, c);
    sine = s.v;
    cosine = c.v;
  }
}
template <class V>
NBM_HD V fast_sin(V x) {
  V s, c;
  fast_sincos(x, s, c);
  return detail::guarded(s, detail::magnitude(x) <= 1e6, [&](unsigned i) { return ::sin(detail::lane_of(x, i)); });
}
template <class V>
NBM_HD V fast_cos(V x) {
  V s, c;
  fast_sincos(x, s, c);
  return detail::guarded(c, detail::magnitude(x) <= 1e6, [&](unsigned i) { return ::cos(detail::lane_of(x, i)); });
}
template <class V>
NBM_HD V fast_tan(V x) {
  V s, c;
  fast_sincos(x, s, c);
  return detail::guarded(s / c, detail::magnitude(x) <= 1e6, [&](unsigned i) { return ::tan(detail::lane_of(x, i)); });
}

template <class V>
NBM_HD V fast_atan2(V y, V x) {
  const V ax = detail::magnitude(x), ay = detail::magnitude(y);
  const V small = ax < ay ? ax : ay;
  const V large = ax < ay ? ay : ax;
  return detail::guarded(detail::atan2_core(y, x),
                         (large >= 1e-290) & (large <= 1e290) & ((small >= 1e-290) | (small == 0.0)),
                         [&](unsigned i) { return ::atan2(detail::lane_of(y, i), detail::lane_of(x, i)); });
}
template <class V>
NBM_HD V fast_atan(V x) {
  return fast_atan2(x, detail::broadcast<V>(1.0));
}

// Range of the hyperbolic functions: |x| <= 700.
template <class V>
NBM_HD V fast_cosh(V x) {
  const V e = detail::exp_of_magnitude(x);
  return detail::guarded(0.5 * (e + 1.0 / e), detail::magnitude(x) <= 700.0,
                         [&](unsigned i) { return ::cosh(detail::lane_of(x, i)); });
}
template <class V>
NBM_HD V fast_sinh(V x) {
  constexpr double tail[] = {0.16666666666666666,    0.008333333333333299,   0.00019841269841324198,
                             2.7557319191381816e-06, 2.5052117695907823e-08, 1.6057679623801638e-10,
                             7.746178593018827e-13};
  const V e = detail::exp_of_magnitude(x);
  const V y = x * x;
  const V near = x + x * y * detail::polynomial(y, tail);
  const V far = detail::with_sign_of(0.5 * (e - 1.0 / e), x);
  return detail::guarded(y <= 1.0 ? near : far, detail::magnitude(x) <= 700.0,
                         [&](unsigned i) { return ::sinh(detail::lane_of(x, i)); });
}
template <class V>
NBM_HD V fast_tanh(V x) {
  return detail::guarded(fast_sinh(x) / fast_cosh(x), detail::magnitude(x) <= 700.0,
                         [&](unsigned i) { return ::tanh(detail::lane_of(x, i)); });
}

// The square root, number by number; the compiler makes one instruction of it.
template <class V>
NBM_HD V square_root(V x) {
  if constexpr (detail::is_number<V>) {
    return ::sqrt(x);
  } else {
    for (unsigned lane = 0; lane < sizeof(V) / sizeof(double); ++lane) x[lane] = __builtin_sqrt(x[lane]);
    return x;
  }
}

// asin x = atan2(x, sqrt(1 - x^2)) and acos x = atan2(sqrt(1 - x^2), x); NaN for |x| > 1.
template <class V>
NBM_HD V fast_asin(V x) {
  return fast_atan2(x, square_root((1.0 - x) * (1.0 + x)));
}
template <class V>
NBM_HD V fast_acos(V x) {
  return fast_atan2(square_root((1.0 - x) * (1.0 + x)), x);
}

template <class V>
NBM_HD V power_of(V x, V y) {
  if constexpr (detail::is_number<V>) {
    return ::pow(x, y);
  } else {
    V result;
    for (unsigned lane = 0; lane < sizeof(V) / sizeof(double); ++lane) result[lane] = ::pow(x[lane], y[lane]);
    return result;
  }
}

}  // namespace nbm
