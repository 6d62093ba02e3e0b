#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "nbm/core/sincos.hpp"
#include "nbm/core/sincospi.hpp"

namespace {

using nbm::Pack;

// Errors in units of eps: of 1, since sine and cosine are used as absolute numbers.
template <class T>
double worst_error(T bound) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> draw(-static_cast<double>(bound), static_cast<double>(bound));
  double worst = 0;
  for (int i = 0; i < 200000; ++i) {
    const T x = static_cast<T>(draw(random));
    T s, c;
    nbm::sincos(x, s, c);
    const auto exact = static_cast<long double>(x);
    worst = std::max({worst, std::fabs(static_cast<double>(s - std::sin(exact))),
                      std::fabs(static_cast<double>(c - std::cos(exact)))});
    EXPECT_EQ(nbm::sine_of(x), s);
  }
  return worst / std::numeric_limits<T>::epsilon();
}

// sincos.hpp promises 2 units in the last place of 1 over these ranges.
TEST(Sincos, IsAccurateOverItsRange) {
  EXPECT_LE(worst_error<float>(3.0F), 1.0);
  EXPECT_LE(worst_error<float>(8192.0F), 2.0);
  EXPECT_LE(worst_error<double>(3.0), 1.0);
  EXPECT_LE(worst_error<double>(1e9), 2.0);
}

// The argument is exact, and so is what is left of it without whole turns.
template <class T>
double worst_error_of_half_turns(double bound) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> draw(-bound, bound);
  const long double pi = std::acos(-1.0L);
  double worst = 0;
  for (int i = 0; i < 200000; ++i) {
    const T t = static_cast<T>(draw(random));
    T s, c;
    nbm::sincospi(t, s, c);
    const long double angle = pi * std::remainder(static_cast<long double>(t), 2.0L);
    worst = std::max({worst, std::fabs(static_cast<double>(s - std::sin(angle))),
                      std::fabs(static_cast<double>(c - std::cos(angle)))});
  }
  return worst / std::numeric_limits<T>::epsilon();
}

// sincospi.hpp promises 3 units in the last place of 1 over these ranges.
TEST(Sincospi, IsAccurateOverItsRange) {
  EXPECT_LE(worst_error_of_half_turns<float>(1.0), 3.0);
  EXPECT_LE(worst_error_of_half_turns<float>(0x1p21), 3.0);
  EXPECT_LE(worst_error_of_half_turns<double>(1.0), 3.0);
  EXPECT_LE(worst_error_of_half_turns<double>(0x1p50), 3.0);
}

TEST(Sincospi, GivesNanForNanAndInfinity) {
  for (const float t : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    float s, c;
    nbm::sincospi(t, s, c);
    EXPECT_TRUE(std::isnan(s) && std::isnan(c));
  }
}

TEST(Sincos, GivesNanForNanAndInfinity) {
  for (const double x : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    double s, c;
    nbm::sincos(x, s, c);
    EXPECT_TRUE(std::isnan(s) && std::isnan(c));
  }
}

template <class T, int Bytes>
void check_pack_agrees_with_numbers() {
  using P = Pack<T, Bytes>;
  std::mt19937_64 random(2);
  std::uniform_real_distribution<T> draw(T(-50), T(50));
  for (int i = 0; i < 1000; ++i) {
    T x[P::size];
    for (T& v : x) v = draw(random);
    P s, c;
    nbm::sincos(P::load(x), s, c);
    for (int lane = 0; lane < P::size; ++lane) {
      T sine, cosine;
      nbm::sincos(x[lane], sine, cosine);
      EXPECT_EQ(s[lane], sine);
      EXPECT_EQ(c[lane], cosine);
    }
  }
}

TEST(Sincos, PackIsTheSameFormula) {
  check_pack_agrees_with_numbers<float, 16>();
  check_pack_agrees_with_numbers<double, 16>();
}

// Relative accuracy down to the smallest arguments: this is what keeps differences exact at fine resolution.
template <class T>
void check_small_arguments() {
  for (int exponent = -60; exponent <= 1; ++exponent) {
    const T x = static_cast<T>(std::ldexp(0.77, exponent));
    T s, cm1;
    nbm::sin_cosm1(x, s, cm1);
    const long double half = std::sin(static_cast<long double>(x) / 2);
    const long double exact_s = std::sin(static_cast<long double>(x)), exact_cm1 = -2 * half * half;
    const double eps = std::numeric_limits<T>::epsilon();
    EXPECT_LE(std::fabs(static_cast<double>((s - exact_s) / exact_s)), 4 * eps) << "x = " << x;
    EXPECT_LE(std::fabs(static_cast<double>((cm1 - exact_cm1) / exact_cm1)), 4 * eps) << "x = " << x;
    if (nbm::is_small(x * x)) {
      nbm::sin_cosm1_small(x, x * x, s, cm1);
      EXPECT_LE(std::fabs(static_cast<double>((s - exact_s) / exact_s)), 2 * eps) << "x = " << x;
      EXPECT_LE(std::fabs(static_cast<double>((cm1 - exact_cm1) / exact_cm1)), 2 * eps) << "x = " << x;
    }
  }
}

TEST(Sincos, KeepsRelativeAccuracyAtSmallArguments) {
  check_small_arguments<float>();
  check_small_arguments<double>();
}

template <int Terms>
void check_range_of_terms() {
  const float range = nbm::detail::SincosPolynomials<float, Terms>::range;
  double worst = 0;
  for (int i = 1; i <= 20000; ++i) {
    const float x = range * static_cast<float>(i) / 20000 * (i % 2 == 0 ? 1.0F : -1.0F);
    float s, cm1;
    nbm::detail::sin_cosm1_within<Terms>(x, x * x, s, cm1);
    const double half = std::sin(static_cast<double>(x) / 2);
    const double exact_s = std::sin(static_cast<double>(x)), exact_cm1 = -2 * half * half;
    worst = std::max({worst, std::fabs((static_cast<double>(s) - exact_s) / exact_s),
                      std::fabs((static_cast<double>(cm1) - exact_cm1) / exact_cm1)});
  }
  EXPECT_LE(worst, 2 * std::numeric_limits<float>::epsilon()) << Terms << " terms";
}

TEST(Sincos, FewTermsAreEnoughWithinTheirRange) {
  check_range_of_terms<1>();
  check_range_of_terms<2>();
  check_range_of_terms<3>();
}

TEST(Sincos, OneLargeLaneMakesAPackNotSmall) {
  float squares[4] = {0.1F, 0.2F, 0.0F, 0.3F};
  EXPECT_TRUE(nbm::is_small(Pack<float, 16>::load(squares)));
  squares[2] = 0.7F;
  EXPECT_FALSE(nbm::is_small(Pack<float, 16>::load(squares)));
  squares[2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(nbm::is_small(Pack<float, 16>::load(squares)));
}

}  // namespace
