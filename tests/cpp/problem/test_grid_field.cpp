#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "nbm/core/error.hpp"
#include "nbm/problem/grid_field.hpp"

namespace nbm {
namespace {

template <class Function>
GridField sampled(Function f, Box box, Vec3<index_t> shape, Interpolation method) {
  std::vector<double> values;
  for (index_t i = 0; i < shape.x; ++i) {
    for (index_t j = 0; j < shape.y; ++j) {
      for (index_t k = 0; k < shape.z; ++k) {
        const Vec3<double> edge = box.edge();
        values.push_back(f(Vec3<double>{box.lower.x + edge.x * double(i) / double(shape.x - 1),
                                        box.lower.y + edge.y * double(j) / double(shape.y - 1),
                                        box.lower.z + edge.z * double(k) / double(shape.z - 1)}));
      }
    }
  }
  return {box, shape, values, method};
}

template <class Function>
double worst_error(Function f, const GridField& grid, int count = 4000) {
  std::mt19937_64 generator(5);
  std::uniform_real_distribution<double> draw(0.0, 1.0);
  Points points;
  for (int i = 0; i < count; ++i) {
    const Vec3<double> e = grid.box().edge();
    const double u = draw(generator), v = draw(generator), w = draw(generator);
    points.push_back(grid.box().lower + Vec3<double>{u * e.x, v * e.y, w * e.z});
  }
  std::vector<double> values(points.x.size());
  grid.evaluate(points.view(), values);
  double worst = 0.0;
  for (index_t i = 0; i < points.size(); ++i) {
    worst = std::fmax(worst, std::fabs(values[static_cast<std::size_t>(i)] - f(points[i])));
  }
  return worst;
}

const Box kBox{{-1.0, -0.5, 0.0}, {1.0, 1.0, 3.0}};
double smooth(Vec3<double> p) { return std::sin(2.0 * p.x + 0.3) * std::exp(0.5 * p.y) * std::cos(p.z); }

// log2 of the ratio of errors at 20 and 40 cells an axis.
double measured_order(Interpolation method) {
  const double coarse = worst_error(smooth, sampled(smooth, kBox, {21, 21, 21}, method));
  const double fine = worst_error(smooth, sampled(smooth, kBox, {41, 41, 41}, method));
  return std::log2(coarse / fine);
}

// The maximum over random points wavers by some tenths of an order.
TEST(GridField, ConvergesAtItsOrder) {
  EXPECT_NEAR(measured_order(Interpolation::linear), 2.0, 0.25);
  EXPECT_GE(measured_order(Interpolation::cubic), 2.75);
  EXPECT_GE(measured_order(Interpolation::quadratic_eno), 2.7);
}

// Values up to 30 and some 100 operations: 1e-13 is 15 eps of them.
TEST(GridField, IsExactOnItsPolynomials) {
  const auto bilinear = [](Vec3<double> p) { return 1.0 + p.x - 2.0 * p.y * p.z + p.x * p.y * p.z; };
  const auto quadratic = [](Vec3<double> p) { return p.x * p.x - p.y * p.y + 2.0 * p.z * p.z + p.x * p.z * p.z; };
  EXPECT_LE(worst_error(bilinear, sampled(bilinear, kBox, {5, 6, 7}, Interpolation::linear)), 1e-13);
  for (const Interpolation method : {Interpolation::cubic, Interpolation::quadratic_eno}) {
    EXPECT_LE(worst_error(quadratic, sampled(quadratic, kBox, {5, 6, 7}, method)), 1e-13) << to_string(method);
    EXPECT_LE(worst_error(quadratic, sampled(quadratic, kBox, {4, 4, 4}, method)), 1e-13) << to_string(method);
  }
}

TEST(GridField, ReproducesNodes) {
  for (const Interpolation method : {Interpolation::linear, Interpolation::cubic, Interpolation::quadratic_eno}) {
    const GridField grid = sampled(smooth, kBox, {5, 6, 7}, method);
    for (index_t i : {0, 2, 4}) {
      for (index_t k : {0, 3, 6}) {
        const double x = -1.0 + 0.5 * double(i), y = -0.5, z = 0.5 * double(k);
        EXPECT_NEAR(interpolate(grid.view(), method, {x, y, z}), smooth({x, y, z}), 1e-14);
      }
    }
  }
}

// Cubic: continuous first derivative; all: continuous values across the faces of cells, also at their middle.
TEST(GridField, IsSmoothAcrossCells) {
  constexpr double step = 1e-7;
  for (const Interpolation method : {Interpolation::linear, Interpolation::cubic, Interpolation::quadratic_eno}) {
    const GridField grid = sampled(smooth, kBox, {9, 9, 9}, method);
    const auto at = [&](double x) { return interpolate(grid.view(), method, {x, 0.123, 1.234}); };
    for (const double face : {-0.75, -0.5, 0.0, 0.25, 0.75}) {
      EXPECT_NEAR(at(face - step), at(face + step), 5 * step);
      if (method != Interpolation::cubic) continue;
      const double before = (at(face) - at(face - step)) / step, after = (at(face + step) - at(face)) / step;
      // Second derivatives times the step, and cancellation eps / step.
      EXPECT_NEAR(before, after, 1e-5);
    }
  }
}

TEST(GridField, EnoDoesNotOvershootJump) {
  const auto jump = [](Vec3<double> p) { return p.x + 0.2 * p.y < 0.13 ? -1.0 : 1.0; };
  const GridField eno = sampled(jump, Box{}, {17, 17, 17}, Interpolation::quadratic_eno);
  const GridField cubic = sampled(jump, Box{}, {17, 17, 17}, Interpolation::cubic);
  double eno_most = 0.0, cubic_most = 0.0;
  for (int i = 0; i <= 1000; ++i) {
    const Vec3<double> p{-1.0 + 0.002 * i, 0.01, 0.02};
    eno_most = std::fmax(eno_most, std::fabs(interpolate(eno.view(), Interpolation::quadratic_eno, p)));
    cubic_most = std::fmax(cubic_most, std::fabs(interpolate(cubic.view(), Interpolation::cubic, p)));
  }
  EXPECT_LE(eno_most, 1.0 + 1e-14);
  EXPECT_GT(cubic_most, 1.05) << "the comparison must be able to fail";
}

TEST(GridField, ExtrapolatesFromNearestCell) {
  const auto quadratic = [](Vec3<double> p) { return p.x * p.x - p.y * p.z; };
  for (const Interpolation method : {Interpolation::cubic, Interpolation::quadratic_eno}) {
    const GridField grid = sampled(quadratic, Box{}, {5, 5, 5}, method);
    for (const Vec3<double> p : {Vec3<double>{-1.2, 0.3, 1.1}, Vec3<double>{1.3, -1.1, 0.0}}) {
      EXPECT_NEAR(interpolate(grid.view(), method, p), quadratic(p), 1e-13);
    }
    EXPECT_TRUE(std::isnan(interpolate(grid.view(), method, {std::nan(""), 0.0, 0.0})));
  }
}

TEST(GridField, RejectsBadInput) {
  const std::vector<double> values(64, 1.0);
  EXPECT_THROW(GridField(Box{}, {4, 4, 5}, values), InvalidArgument);
  EXPECT_THROW(GridField(Box{}, {4, 4, 3}, std::vector<double>(48, 1.0)), InvalidArgument);
  EXPECT_THROW(GridField(Box{}, {2, 2, 16}, values, Interpolation::quadratic_eno), InvalidArgument);
  EXPECT_THROW(GridField(Box{}, {1, 8, 8}, values, Interpolation::linear), InvalidArgument);
  EXPECT_THROW(GridField(Box{}, {-4, -4, 4}, values), InvalidArgument);
  EXPECT_THROW(GridField(Box{{0, 0, 0}, {0, 1, 1}}, {4, 4, 4}, values), InvalidArgument);
  std::vector<double> bad = values;
  bad[17] = std::numeric_limits<double>::infinity();
  EXPECT_THROW(GridField(Box{}, {4, 4, 4}, bad), InvalidArgument);
  EXPECT_THROW(parse_interpolation("spline"), InvalidArgument);
}

}  // namespace
}  // namespace nbm
