#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "level_sets.hpp"
#include "nbm/core/error.hpp"
#include "nbm/sampling/interface_sampler.hpp"
#include "statistics.hpp"

namespace {

using nbm::index_t;
using nbm::InterfacePoints;
using nbm::InterfaceSampler;
using nbm::Stream;
using nbm::Vec3;
using nbm::test::field_of;

constexpr double kPi = std::numbers::pi;

class InterfaceSamplerTest : public testing::Test {
 protected:
  nbm::ThreadPool pool{2};
  nbm::Box box;

  InterfacePoints draw(const InterfaceSampler& sampler, index_t count, index_t number = 0) {
    return sampler.draw({0, count}, 1, Stream::interface, number, pool);
  }
};

// Bins of the unit sphere that the interface is mapped to: `kRows` in z by `kColumns` in angle.
constexpr int kRows = 8, kColumns = 16;
std::size_t bin_of(Vec3<double> unit) {
  const double z = std::min(std::max(0.5 * (unit.z + 1.0), 0.0), 1.0 - 1e-9);
  const double angle = (std::atan2(unit.y, unit.x) + kPi) / (2.0 * kPi);
  const int row = static_cast<int>(kRows * z), column = static_cast<int>(kColumns * angle) % kColumns;
  return static_cast<std::size_t>(row * kColumns + column);
}

// Shares of the area of an ellipsoid by bin, by the midpoint rule.
std::vector<double> ellipsoid_shares(Vec3<double> a, double& area) {
  constexpr int n = 400;
  std::vector<double> shares(kRows * kColumns);
  area = 0.0;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      const double z = -1.0 + 2.0 * (i + 0.5) / n, angle = -kPi + 2.0 * kPi * (j + 0.5) / n;
      const double s = std::sqrt(1.0 - z * z);
      const Vec3<double> u = {s * std::cos(angle), s * std::sin(angle), z};
      // The area of the image of a unit of area of the sphere: |cofactor(A) u|.
      const Vec3<double> normal = {a.y * a.z * u.x, a.z * a.x * u.y, a.x * a.y * u.z};
      const double element = std::sqrt(dot(normal, normal)) * (4.0 * kPi / (n * n));
      shares[bin_of(u)] += element;
      area += element;
    }
  }
  for (double& share : shares) share /= area;
  return shares;
}

void expect_uniform_by_area(const InterfacePoints& on, Vec3<double> semi_axes, const std::vector<double>& shares) {
  std::vector<index_t> counts(shares.size());
  std::vector<double> expected(shares);
  for (index_t i = 0; i < on.size(); ++i) {
    const Vec3<double> p = on.points[i];
    ++counts[bin_of({p.x / semi_axes.x, p.y / semi_axes.y, p.z / semi_axes.z})];
  }
  for (double& e : expected) e *= static_cast<double>(on.size());
  // Random points would give the number of degrees of freedom on average; low discrepancy must give less.
  EXPECT_LT(nbm::test::chi_square(counts, expected), kRows * kColumns - 1);
}

TEST_F(InterfaceSamplerTest, SphereIsUniformByArea) {
  const InterfaceSampler sampler(box, field_of(nbm::test::sphere), pool);
  const InterfacePoints on = draw(sampler, 16384);
  ASSERT_EQ(on.size(), 16384);
  double area = 0.0;
  const Vec3<double> radius = {0.5, 0.5, 0.5};
  expect_uniform_by_area(on, radius, ellipsoid_shares(radius, area));
  for (index_t i = 0; i < on.size(); ++i) {
    // The point converged to 1e-10 edges; the normal by central differences over 1e-5 edges has an error of
    // step^2 / 6 times the third derivatives (about 10), and of eps / step from round-off.
    EXPECT_NEAR(std::sqrt(dot(on.points[i], on.points[i])), 0.5, 2e-10);
    const Vec3<double> difference = on.normals[i] - (1.0 / 0.5) * on.points[i];
    EXPECT_LT(std::sqrt(dot(difference, difference)), 4e-9);
  }
}

TEST_F(InterfaceSamplerTest, EllipsoidIsUniformByAreaThoughItsLevelSetIsNoDistance) {
  const InterfaceSampler sampler(box, field_of(nbm::test::ellipsoid), pool);
  const InterfacePoints on = draw(sampler, 16384);
  ASSERT_EQ(on.size(), 16384);
  double area = 0.0;
  const std::vector<double> shares = ellipsoid_shares(nbm::test::kSemiAxes, area);
  expect_uniform_by_area(on, nbm::test::kSemiAxes, shares);
  // (refined cell x largest curvature)^2, the curvature being a / c^2.
  const double relative = std::pow(2.0 / 96.0 * 0.7 / 0.09, 2);
  EXPECT_NEAR(sampler.area(), area, relative * area);
  for (index_t i = 0; i < on.size(); ++i) {
    // |phi| <= distance x slope, with slopes up to 2 / 0.3.
    ASSERT_LT(std::abs(nbm::test::ellipsoid(on.points[i])), 2e-10 * 2.0 / 0.3);
    ASSERT_NEAR(dot(on.normals[i], on.normals[i]), 1.0, 1e-14);
    ASSERT_GT(dot(on.normals[i], on.points[i]), 0.0) << "from minus to plus";
  }
}

TEST_F(InterfaceSamplerTest, AreaConvergesAtSecondOrder) {
  double error[2];
  for (int level = 0; level < 2; ++level) {
    const InterfaceSampler sampler(box, field_of(nbm::test::sphere), pool,
                                   {.cells = 10 << level, .levels = 0, .most_levels = 0});
    error[level] = kPi - sampler.area();
  }
  EXPECT_GT(error[0] / error[1], 3.5);
  EXPECT_LT(error[0] / error[1], 4.5);
}

// A slab between a search node and the centre of its cell, thicker than a refined cell.
TEST_F(InterfaceSamplerTest, FindsThinParts) {
  const double search_cell = 2.0 / 48.0, middle = search_cell / 4.0, half_width = 0.17 * search_cell;
  const auto slab = [=](Vec3<double> p) { return std::abs(p.x - middle) - half_width; };
  const InterfaceSampler sampler(box, field_of(slab), pool, {.levels = 2});
  // The round-off of a sum of that many terms.
  const double tolerance = 8.0 * 2.2e-16 * static_cast<double>(sampler.triangle_count());
  EXPECT_NEAR(sampler.area(), 8.0, tolerance) << "two planes across the box";
  const InterfacePoints on = draw(sampler, 100);
  ASSERT_EQ(on.size(), 100);
  for (index_t i = 0; i < 100; ++i) EXPECT_LT(std::abs(slab(on.points[i])), 2e-10);
}

TEST_F(InterfaceSamplerTest, StaysInTheBoxWhereTheInterfaceLeavesIt) {
  const auto ball = [](Vec3<double> p) { return std::sqrt(dot(p, p)) - 1.2; };
  const InterfacePoints on = draw(InterfaceSampler(box, field_of(ball), pool), 4096);
  // Only points next to the faces may be lost.
  EXPECT_GT(on.size(), 4000);
  for (index_t i = 0; i < on.size(); ++i) {
    for (int axis = 0; axis < nbm::kDim; ++axis) EXPECT_LE(std::abs(on.points[i][axis]), 1.0);
  }
}

TEST_F(InterfaceSamplerTest, LongBoxesHaveCubicSearchCells) {
  const nbm::Box rod{{0, 0, 0}, {8, 1, 1}};
  const auto ball = [](Vec3<double> p) {
    const Vec3<double> q = p - Vec3<double>{4, 0.5, 0.5};
    return std::sqrt(dot(q, q)) - 0.4;
  };
  const InterfaceSampler sampler(rod, field_of(ball), pool);
  const double area = 4.0 * kPi * 0.16, refined_cell = 8.0 / 96.0;
  EXPECT_NEAR(sampler.area(), area, std::pow(refined_cell / 0.4, 2) * area);
  EXPECT_EQ(draw(sampler, 1000).size(), 1000);
}

TEST_F(InterfaceSamplerTest, WithoutInterfaceThereIsNothing) {
  for (const nbm::Field& level_set : {nbm::Field(1.0), nbm::Field(-1.0), field_of([](Vec3<double>) { return 2.0; }),
                                      field_of([](Vec3<double> p) { return 4.0 - dot(p, p); })}) {
    const InterfaceSampler sampler(box, level_set, pool);
    EXPECT_TRUE(sampler.empty());
    EXPECT_EQ(sampler.area(), 0.0);
    EXPECT_EQ(draw(sampler, 100).size(), 0);
  }
}

TEST_F(InterfaceSamplerTest, RangesJoinAndNumbersTellThePoints) {
  const InterfaceSampler sampler(box, field_of(nbm::test::ellipsoid), pool);
  const InterfacePoints whole = draw(sampler, 3000, 5);
  InterfacePoints joined = sampler.draw({0, 777}, 1, Stream::interface, 5, pool);
  joined.append(sampler.draw({777, 3000}, 1, Stream::interface, 5, pool));
  EXPECT_EQ(joined.points.x, whole.points.x);
  EXPECT_EQ(joined.normals.z, whole.normals.z);
  EXPECT_EQ(joined.number, whole.number);
  EXPECT_NE(draw(sampler, 3000, 6).points.x, whole.points.x);
}

// Balls of two search cells across, and far smaller ones that no node of the search sees, wherever they lie.
TEST_F(InterfaceSamplerTest, FindsSmallPieces) {
  nbm::test::RandomPoints places(3);
  const double cell = 2.0 / 48.0;
  for (const double radius : {cell, 0.3 * cell, 0.1 * cell}) {
    for (int trial = 0; trial < 20; ++trial) {
      const Vec3<double> center = places.next(-0.9, 0.9);
      const auto ball = [=](Vec3<double> p) {
        const Vec3<double> d = p - center;
        return std::sqrt(dot(d, d)) - radius;
      };
      const InterfaceSampler sampler(box, field_of(ball), pool);
      const double area = 4.0 * kPi * radius * radius;
      // Twice halved after it was seen: cells of a quarter of the radius or so, (h kappa)^2 / 4 of the area.
      EXPECT_NEAR(sampler.area(), area, 0.05 * area) << radius << " at trial " << trial;
      EXPECT_EQ(draw(sampler, 64).size(), 64);
    }
  }
}

// Two hundred small balls beside a large one: all of those that are two search cells across are found.
TEST_F(InterfaceSamplerTest, FindsAllPiecesOfTwoSearchCells) {
  const double radius = 2.0 / 48.0;
  nbm::test::RandomPoints places(5);
  std::vector<Vec3<double>> centers;
  while (centers.size() < 200) {
    const Vec3<double> c = places.next(-0.9, 0.9);
    const bool far = std::all_of(centers.begin(), centers.end(),
                                 [&](Vec3<double> o) { return dot(c - o, c - o) > 6.25 * radius * radius; });
    if (far && dot(c, c) > 0.3) centers.push_back(c);
  }
  const auto balls = [&](Vec3<double> p) {
    double least = std::sqrt(dot(p, p)) - 0.4;
    for (const Vec3<double> c : centers) least = std::min(least, std::sqrt(dot(p - c, p - c)) - radius);
    return least;
  };
  const InterfaceSampler sampler(box, field_of(balls), pool);
  const double area = 4.0 * kPi * (0.16 + 200 * radius * radius);
  EXPECT_NEAR(sampler.area(), area, 0.03 * area);
}

// A shell whose thickness is a fifth of a search cell: the level set bends in it, and is resolved there.
TEST_F(InterfaceSamplerTest, FindsBothSurfacesOfAThinShell) {
  const double half = 0.1 * 2.0 / 48.0;
  const auto shell = [=](Vec3<double> p) { return std::abs(std::sqrt(dot(p, p)) - 0.5) - half; };
  const InterfaceSampler sampler(box, field_of(shell), pool);
  const double area = 4.0 * kPi * (std::pow(0.5 - half, 2) + std::pow(0.5 + half, 2));
  EXPECT_NEAR(sampler.area(), area, 0.1 * area);
}

// A level set that touches zero in a plane keeps the search busy; it ends, and finds nothing.
TEST_F(InterfaceSamplerTest, TheSearchIsBounded) {
  nbm::index_t evaluations = 0;
  const auto touching = [&](Vec3<double> p) {
    ++evaluations;
    return p.x * p.x + 1e-12;
  };
  nbm::ThreadPool alone(1);
  EXPECT_TRUE(InterfaceSampler(box, field_of(touching), alone).empty());
  EXPECT_LT(evaluations, 4'000'000);
}

TEST_F(InterfaceSamplerTest, TheSearchIsTheSameForAnyNumberOfThreads) {
  const auto cube = [](Vec3<double> p) { return std::max({std::abs(p.x), std::abs(p.y), std::abs(p.z)}) - 0.45; };
  nbm::ThreadPool alone(1);
  const InterfaceSampler one(box, field_of(cube), alone), two(box, field_of(cube), pool);
  EXPECT_EQ(std::vector(one.cumulative_share().begin(), one.cumulative_share().end()),
            std::vector(two.cumulative_share().begin(), two.cumulative_share().end()));
  EXPECT_NEAR(one.area(), 6 * 0.81, 0.01);
}

TEST_F(InterfaceSamplerTest, AnInterfaceNeedNotBeSeenByProbes) {
  nbm::Problem problem;
  problem.level_set = field_of([](Vec3<double> p) { return std::sqrt(dot(p, p)) - 0.02; });
  EXPECT_TRUE(nbm::has_interface(problem, pool));
  problem.level_set = field_of(nbm::test::sphere);
  EXPECT_TRUE(nbm::has_interface(problem, pool));
  problem.level_set = field_of([](Vec3<double> p) { return dot(p, p) + 0.1; });
  EXPECT_FALSE(nbm::has_interface(problem, pool));
  problem.level_set = -1.0;
  EXPECT_FALSE(nbm::has_interface(problem, pool));
}

TEST_F(InterfaceSamplerTest, RejectsWhatCannotBeUsed) {
  EXPECT_THROW(InterfaceSampler(box, nbm::Field(1.0), pool, {.cells = 0}), nbm::InvalidArgument);
  EXPECT_THROW(InterfaceSampler(box, nbm::Field(1.0), pool, {.levels = -1}), nbm::InvalidArgument);
  EXPECT_THROW(InterfaceSampler({{0, 0, 0}, {0, 1, 1}}, nbm::Field(1.0), pool), nbm::InvalidArgument);
  EXPECT_THROW(InterfaceSampler(box, field_of([](Vec3<double>) { return std::nan(""); }), pool), nbm::InvalidField);
}

}  // namespace
