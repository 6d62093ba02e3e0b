#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "nbm/core/math.hpp"
#include "nbm/problem/expression_op.hpp"

// Oracle: the same functions of the C library in long double, 11 bits more accurate than float64.
namespace nbm {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
using Vector = Pack<double, 16>::Vector;

// Error of `value` in units in the last place of the true value.
double ulps(double value, long double truth) {
  const double nearest = static_cast<double>(truth);
  const double ulp = std::nextafter(std::fabs(nearest), kInf) - std::fabs(nearest);
  return static_cast<double>(std::fabs(static_cast<long double>(value) - truth)) / ulp;
}

template <class Function, class Oracle>
double worst(double low, double high, Function function, Oracle oracle) {
  std::mt19937_64 generator(7);
  std::uniform_real_distribution<double> draw(low, high);
  double most = 0.0;
  for (int i = 0; i < 100000; ++i) {
    const double x = draw(generator);
    most = std::max(most, ulps(function(x), oracle(static_cast<long double>(x))));
  }
  return most;
}

#define EXPECT_ULPS(name, low, high, bound)                                                                      \
  EXPECT_LE(worst(                                                                                               \
                low, high, [](double x) { return fast_##name(x); }, [](long double x) { return std::name(x); }), \
            bound)

// Bounds: those that core/math.hpp states.
TEST(Math, ExpAndLog) {
  EXPECT_ULPS(exp, -1.0, 1.0, 1.0);
  EXPECT_ULPS(exp, -700.0, 700.0, 1.0);
  EXPECT_ULPS(log, 1e-3, 4.0, 1.0);
  EXPECT_ULPS(log, 0.9, 1.1, 1.0);
  EXPECT_ULPS(log, 1.0, 1e300, 1.0);
}

TEST(Math, Trigonometric) {
  EXPECT_ULPS(sin, -4.0, 4.0, 2.0);
  EXPECT_ULPS(cos, -4.0, 4.0, 2.0);
  EXPECT_ULPS(tan, -4.0, 4.0, 3.0);
  EXPECT_ULPS(sin, -1e6, 1e6, 2.0);
  EXPECT_ULPS(cos, -1e6, 1e6, 2.0);
}

TEST(Math, Hyperbolic) {
  EXPECT_ULPS(sinh, -1.5, 1.5, 2.0);
  EXPECT_ULPS(sinh, -600.0, 600.0, 2.0);
  EXPECT_ULPS(cosh, -20.0, 20.0, 2.0);
  EXPECT_ULPS(tanh, -3.0, 3.0, 3.0);
}

TEST(Math, InverseTrigonometric) {
  EXPECT_ULPS(atan, -3.0, 3.0, 2.0);
  EXPECT_ULPS(atan, -1e6, 1e6, 2.0);
  EXPECT_ULPS(asin, -1.0, 1.0, 3.0);
  EXPECT_ULPS(acos, -1.0, 1.0, 3.0);
  std::mt19937_64 generator(11);
  std::uniform_real_distribution<double> draw(-1.0, 1.0);
  for (int i = 0; i < 100000; ++i) {
    const double x = draw(generator), y = draw(generator);
    ASSERT_LE(ulps(fast_atan2(y, x), std::atan2(static_cast<long double>(y), static_cast<long double>(x))), 2.0);
  }
}

// Outside of the fast range, at zeros, infinities and NaN: the C library's value, also beside ordinary numbers.
TEST(Math, SpecialValues) {
  const double special[] = {0.0, -0.0, 1e-310, -1e-310, 1e22, -1e300, 709.5, -745.0, 800.0, kInf, -kInf, kNaN, -3.0};
  const auto same = [](double a, double b, double tolerance) {
    return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b)) ||
           std::fabs(a - b) <= tolerance * std::fabs(b);
  };
  const double bound = 4 * std::numeric_limits<double>::epsilon();
  for (const double x : special) {
    const Vector v = {x, 0.5};
#define CHECK_SPECIAL(name)                                                          \
  EXPECT_TRUE(same(fast_##name(x), std::name(x), bound)) << #name << " of " << x;    \
  EXPECT_TRUE(same(fast_##name(v)[0], std::name(x), bound)) << #name << " of " << x; \
  EXPECT_TRUE(same(fast_##name(v)[1], std::name(0.5), bound)) << #name << " beside " << x
    CHECK_SPECIAL(exp);
    CHECK_SPECIAL(log);
    CHECK_SPECIAL(sin);
    CHECK_SPECIAL(cos);
    CHECK_SPECIAL(tan);
    CHECK_SPECIAL(sinh);
    CHECK_SPECIAL(cosh);
    CHECK_SPECIAL(tanh);
    CHECK_SPECIAL(atan);
    CHECK_SPECIAL(asin);
    CHECK_SPECIAL(acos);
    for (const double y : special) {
      EXPECT_TRUE(same(fast_atan2(y, x), std::atan2(y, x), bound)) << y << ", " << x;
    }
  }
}

TEST(Math, OperationsPropagateNaN) {
  EXPECT_TRUE(std::isnan(apply(Op::minimum, 1.0, kNaN, 0.0)));
  EXPECT_TRUE(std::isnan(apply(Op::minimum, kNaN, 1.0, 0.0)));
  EXPECT_TRUE(std::isnan(apply(Op::maximum, 1.0, kNaN, 0.0)));
  EXPECT_TRUE(std::isnan(apply(Op::maximum, kNaN, 1.0, 0.0)));
  EXPECT_TRUE(std::isnan(apply(Op::sign, kNaN, 0.0, 0.0)));
  EXPECT_EQ(apply(Op::less, kNaN, 1.0, 0.0), 0.0);
}

}  // namespace
}  // namespace nbm
