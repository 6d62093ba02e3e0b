#include <gtest/gtest.h>

#include <cmath>

#include "fixtures.hpp"
#include "nbm/core/error.hpp"
#include "nbm/solution/sided_grid.hpp"

namespace {

using namespace nbm;
using test::kOblong;

// A cubic interpolant reproduces quadratics, and its gradient theirs, also in the cells at the walls.
TEST(SidedGrid, ReproducesQuadraticsOfEitherSide) {
  const auto u = [](Side side, Vec3<double> p) {
    const double s = side == Side::minus ? 1.0 : -2.0;
    return s * (p.x * p.x - 0.5 * p.y * p.z + 3.0 * p.z) + 1.0;
  };
  const Vec3<index_t> shape = {5, 6, 4};
  std::array<std::vector<double>, kSides> values;
  for (const Side side : {Side::minus, Side::plus}) {
    for (index_t i = 0; i < shape.x; ++i) {
      for (index_t j = 0; j < shape.y; ++j) {
        for (index_t k = 0; k < shape.z; ++k) {
          values[static_cast<std::size_t>(side)].push_back(
              u(side, {-1.0 + 2.0 * static_cast<double>(i) / 4.0, -1.0 + 2.0 * static_cast<double>(j) / 5.0,
                       -1.0 + 2.0 * static_cast<double>(k) / 3.0}));
        }
      }
    }
  }
  const SidedGrid grid(kOblong, shape, values);  // values are functions of network coordinates here
  ThreadPool pool(2);
  Points points;
  for (index_t i = 0; i < 200; ++i) points.push_back(kOblong.normalize(test::scattered(kOblong, 200)[i]));
  for (const Side side : {Side::minus, Side::plus}) {
    const double s = side == Side::minus ? 1.0 : -2.0;
    std::vector<double> found(200, 10.0), x(200), y(200), z(200), alone(200, 10.0);
    grid.add_gradient(side, points.view(), found, {x, y, z}, pool);
    grid.add(side, points.view(), alone, pool);
    for (index_t i = 0; i < 200; ++i) {
      const auto n = static_cast<std::size_t>(i);
      const Vec3<double> p = points[i];
      EXPECT_NEAR(found[n], 10.0 + u(side, p), 1e-13);
      EXPECT_NEAR(alone[n], found[n], 1e-14);
      EXPECT_NEAR(x[n], s * 2.0 * p.x, 1e-12);
      EXPECT_NEAR(y[n], s * -0.5 * p.z, 1e-12);
      EXPECT_NEAR(z[n], s * (-0.5 * p.y + 3.0), 1e-12);
    }
  }
}

TEST(SidedGrid, RefusesWhatIsNoGrid) {
  const std::vector<double> good(64), few(63), bad(64, std::nan(""));
  EXPECT_NO_THROW(SidedGrid(kOblong, {4, 4, 4}, {good, good}));
  EXPECT_THROW(SidedGrid(kOblong, {4, 4, 4}, {good, few}), InvalidArgument);
  EXPECT_THROW(SidedGrid(kOblong, {4, 4, 4}, {bad, good}), InvalidArgument);
  EXPECT_THROW(SidedGrid(kOblong, {16, 2, 2}, {good, good}), InvalidArgument);
}

}  // namespace
