#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "nbm/core/error.hpp"
#include "nbm/problem/symbols.hpp"
#include "nbm/solution/quadrature.hpp"

namespace nbm {
namespace {

constexpr double kPi = 3.14159265358979323846, kRadius = 0.5;

template <class F>
double integral(const QuadratureRule& rule, F&& f) {
  double sum = 0.0;
  for (index_t i = 0; i < rule.points.size(); ++i) sum += rule.weights[static_cast<std::size_t>(i)] * f(rule.points[i]);
  return sum;
}

Field distance_to(Vec3<double> c, double radius) {
  using namespace symbols;
  const Symbol x = symbols::x() - c.x, y = symbols::y() - c.y, z = symbols::z() - c.z;
  return Field(Expression(sqrt(x * x + y * y + z * z) - radius));
}

// e^z cos x is harmonic: its means over ball and sphere are its value in the middle.
TEST(Quadrature, IsOfFourthOrder) {
  const Vec3<double> middle{0.03, 0.05, -0.02};
  const auto f = [](Vec3<double> p) { return std::exp(p.z) * std::cos(p.x); };
  const double area = 4 * kPi * kRadius * kRadius, volume = area * kRadius / 3;
  const Vec3<double> c = middle;
  using namespace symbols;
  const Symbol x = symbols::x() - c.x, y = symbols::y() - c.y, z = symbols::z() - c.z;
  const Field no_distance = Expression(x * x + y * y + z * z - kRadius * kRadius);
  ThreadPool pool(2);
  double of_area[3], of_volume[3];
  for (int i = 0; i < 3; ++i) {
    const Quadrature quadrature({}, no_distance, index_t{16} << i, pool);
    of_area[i] = std::abs(integral(quadrature.interface({}), f) / area / f(middle) - 1);
    of_volume[i] = std::abs(integral(quadrature.volume(Side::minus), f) / volume / f(middle) - 1);
  }
  for (int i = 0; i < 2; ++i) {
    EXPECT_NEAR(std::log2(of_area[i] / of_area[i + 1]), 4.0, 0.3);
    EXPECT_NEAR(std::log2(of_volume[i] / of_volume[i + 1]), 4.0, 0.3);
  }
}

TEST(Quadrature, Closes) {
  std::array<bool, kBoxFaces> all;
  all.fill(true);
  ThreadPool pool(1);
  double gap[2];
  for (const index_t cells : {16, 32}) {
    const Quadrature quadrature({}, distance_to({0.1, 0.1, 0.1}, 1.0), cells, pool);  // it leaves the box
    EXPECT_NEAR(quadrature.volume(Side::minus).size() + quadrature.volume(Side::plus).size(), 8.0, 1e-11);
    EXPECT_NEAR(quadrature.walls(all, Side::minus).size() + quadrature.walls(all, Side::plus).size(), 24.0, 1e-11);
    Vec3<double> sum;
    for (const QuadratureRule& rule : {quadrature.interface({}), quadrature.walls(all, Side::minus)}) {
      for (index_t i = 0; i < rule.points.size(); ++i) {
        sum = sum + rule.weights[static_cast<std::size_t>(i)] * rule.normals[i];
      }
    }
    gap[cells / 32] = std::max({std::abs(sum.x), std::abs(sum.y), std::abs(sum.z)});
  }
  EXPECT_NEAR(gap[0] / gap[1], 4.0, 0.5);  // second order where the interface meets walls
}

TEST(Quadrature, OfAPieceIsThatOfTheNearest) {
  ThreadPool pool(1);
  const auto two = Field(FieldCallback([](PointsView points, std::span<double> values) {
    for (index_t i = 0; i < points.size; ++i) {
      const Vec3<double> left = points[i] - Vec3<double>{-0.5, 0, 0}, right = points[i] - Vec3<double>{0.5, 0, 0};
      values[static_cast<std::size_t>(i)] =
          std::min(std::sqrt(dot(left, left)) - 0.2, std::sqrt(dot(right, right)) - 0.3);
    }
  }));
  const QuadratureRule rule = Quadrature({}, two, 32, pool).interface(Side::plus);
  EXPECT_NEAR(rule.near({-1, 0, 0}).size(), 4 * kPi * 0.04, 1e-4);
  EXPECT_NEAR(rule.near({1, 0, 0}).size(), 4 * kPi * 0.09, 1e-4);
  EXPECT_EQ(rule.near({1, 0, 0}).side, Side::plus);
}

TEST(Quadrature, SaysWhatIsWrong) {
  ThreadPool pool(1);
  EXPECT_THROW(Quadrature({}, 1.0, 0, pool), InvalidArgument);
  EXPECT_THROW(Quadrature({}, std::numeric_limits<double>::quiet_NaN(), 8, pool), InvalidField);
}

}  // namespace
}  // namespace nbm
