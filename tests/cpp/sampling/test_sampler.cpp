#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "level_sets.hpp"
#include "nbm/core/error.hpp"
#include "nbm/sampling/classify.hpp"
#include "nbm/sampling/sampler.hpp"
#include "statistics.hpp"

namespace {

using nbm::CellKind;
using nbm::index_t;
using nbm::Points;
using nbm::Sampler;
using nbm::SampleSet;
using nbm::Vec3;
using nbm::test::problem_of;

constexpr Vec3<double> kCell = {0.05, 0.04, 0.06};

class SamplerTest : public testing::Test {
 protected:
  nbm::ThreadPool pool{2};

  void expect_kinds(const nbm::Problem& problem, const Points& points, CellKind expected) {
    std::vector<std::uint8_t> kind(points.x.size());
    nbm::classify(problem.level_set, points.view(), kCell, kind);
    for (const auto k : kind) ASSERT_EQ(static_cast<CellKind>(k), expected);
  }
};

void expect_equal(const Points& a, const Points& b) {
  EXPECT_EQ(a.x, b.x);
  EXPECT_EQ(a.y, b.y);
  EXPECT_EQ(a.z, b.z);
}

void expect_equal(const SampleSet& a, const SampleSet& b) {
  expect_equal(a.regular[0], b.regular[0]);
  expect_equal(a.regular[1], b.regular[1]);
  expect_equal(a.irregular, b.irregular);
  expect_equal(a.boundary[0], b.boundary[0]);
  expect_equal(a.boundary[1], b.boundary[1]);
}

TEST_F(SamplerTest, PointsAreOfTheKindTheySay) {
  const nbm::Problem problem = problem_of(nbm::test::ellipsoid);
  const Sampler sampler(problem, {}, 1, pool);
  EXPECT_TRUE(sampler.has_interface());
  const SampleSet set = sampler.draw(0, kCell, pool);
  expect_kinds(problem, set.regular[0], CellKind::regular_minus);
  expect_kinds(problem, set.regular[1], CellKind::regular_plus);
  expect_kinds(problem, set.irregular, CellKind::irregular);
}

// The candidates are chosen by an acceptance that 4096 probes measure: the standard deviation of the share p of random
// ones is sqrt(p (1 - p) / 4096) <= 0.8 %, that of the draw about as large; 5 % is beyond four of both.
TEST_F(SamplerTest, NumbersAreAboutThoseWanted) {
  const nbm::Problem problem = problem_of(nbm::test::ellipsoid);
  const nbm::SampleCounts wanted{.regular = 5000, .irregular = 3000, .boundary = 1001};
  const SampleSet set = Sampler(problem, wanted, 1, pool).draw(3, kCell, pool);
  EXPECT_NEAR(static_cast<double>(set.regular[0].size() + set.regular[1].size()), 5000, 250);
  EXPECT_NEAR(static_cast<double>(set.irregular.size()), 3000, 150);
  EXPECT_EQ(set.boundary[0].size() + set.boundary[1].size(), 1001);
}

TEST_F(SamplerTest, RegularCellsLieInTheBoxAndFillItUniformly) {
  const nbm::Box box{{-1, 0, 2}, {1, 1.5, 3}};
  nbm::Problem problem;
  problem.box = box;  // the level set is 1: one side
  const SampleSet set =
      Sampler(problem, {.regular = 8192, .irregular = 10, .boundary = 0}, 2, pool).draw(0, kCell, pool);
  ASSERT_EQ(set.regular[1].size(), 8192);
  EXPECT_EQ(set.regular[0].size(), 0);
  std::vector<index_t> counts(512);
  for (index_t i = 0; i < 8192; ++i) {
    const Vec3<double> p = set.regular[1][i];
    std::size_t bin = 0;
    for (int axis = 0; axis < nbm::kDim; ++axis) {
      const double u = (p[axis] - box.lower[axis] - 0.5 * kCell[axis]) / (box.edge()[axis] - kCell[axis]);
      ASSERT_GT(u, 0.0);
      ASSERT_LT(u, 1.0);
      bin = 8 * bin + static_cast<std::size_t>(8.0 * u);
    }
    ++counts[bin];
  }
  // A net of 2^13 points in base 2 with quality parameter t puts 16 in every eighth cubed once t <= 4; Sobol has t
  // <= 3.
  for (const index_t c : counts) EXPECT_EQ(c, 16);
}

TEST_F(SamplerTest, IrregularPointsLieAlongTheInterfaceWithTheirStencilInTheBox) {
  // A plane that meets the faces: points near them must be missing.
  const nbm::Problem problem = problem_of([](Vec3<double> p) { return p.x - 0.3 * p.y; });
  const SampleSet set = Sampler(problem, {}, 1, pool).draw(0, kCell, pool);
  EXPECT_GT(set.irregular.size(), 1900);
  index_t minus = 0;
  for (index_t i = 0; i < set.irregular.size(); ++i) {
    const Vec3<double> p = set.irregular[i];
    minus += p.x - 0.3 * p.y < 0.0;
    EXPECT_LE(std::abs(p.y), 1.0 - 2.0 * kCell.y + 1e-12);
    EXPECT_LE(std::abs(p.z), 1.0 - 2.0 * kCell.z + 1e-12);
  }
  // Both sides alike: a share of one half with standard deviation below that of random points, 1.1 %.
  EXPECT_NEAR(static_cast<double>(minus) / static_cast<double>(set.irregular.size()), 0.5, 0.045);
}

// As many beside a periodic wall as elsewhere. The standard deviation of the shares of random points would be 0.2 and
// 0.6 %; Gamma is about as steep there as in the mean.
TEST_F(SamplerTest, PointsGoUpToPeriodicWalls) {
  nbm::Problem problem =
      problem_of([](Vec3<double> p) { return p.z - 0.4 * std::sin(std::numbers::pi * (p.y + 0.25)); });
  problem.set_period(1, 0.0);
  const SampleSet set =
      Sampler(problem, {.regular = 5000, .irregular = 2000, .boundary = 300}, 1, pool).draw(0, kCell, pool);
  const auto share_beside = [](const std::vector<double>& y, double width) {
    const auto beside = std::count_if(y.begin(), y.end(), [&](double v) { return std::abs(v) > 1.0 - width; });
    return static_cast<double>(beside) / static_cast<double>(y.size());
  };
  std::vector<double> regular = set.regular[0].y;
  regular.insert(regular.end(), set.regular[1].y.begin(), set.regular[1].y.end());
  EXPECT_NEAR(share_beside(regular, 0.5 * kCell.y), 0.5 * kCell.y, 0.006);
  EXPECT_NEAR(share_beside(set.irregular.y, 2.0 * kCell.y), 2.0 * kCell.y, 0.02);
  for (const double y : set.irregular.y) EXPECT_LE(std::abs(y), 1.0);
  EXPECT_EQ(set.boundary[0].size() + set.boundary[1].size(), 300);
  for (const auto& side : set.boundary) {
    for (const double y : side.y) EXPECT_LT(std::abs(y), 1.0);
  }
}

TEST_F(SamplerTest, BoundaryPointsLieOnTheFacesByAreaAndSide) {
  const nbm::Box box{{0, 0, 0}, {1, 2, 3}};
  const auto plane = [](Vec3<double> p) { return p.z - 1.5; };
  const SampleSet set =
      Sampler(problem_of(plane, box), {.regular = 0, .irregular = 0, .boundary = 2200}, 1, pool).draw(0, kCell, pool);
  index_t on_face[6] = {};
  for (const nbm::Side side : {nbm::Side::minus, nbm::Side::plus}) {
    const Points& points = set.boundary[static_cast<std::size_t>(nbm::index_of(side))];
    for (index_t i = 0; i < points.size(); ++i) {
      const Vec3<double> p = points[i];
      EXPECT_EQ(nbm::side_of(plane(p)), side);
      int faces = 0;
      for (int axis = 0; axis < nbm::kDim; ++axis) {
        EXPECT_GE(p[axis], box.lower[axis]);
        EXPECT_LE(p[axis], box.upper[axis]);
        if (p[axis] == box.lower[axis]) ++faces, ++on_face[2 * axis];
        if (p[axis] == box.upper[axis]) ++faces, ++on_face[2 * axis + 1];
      }
      EXPECT_EQ(faces, 1);
    }
  }
  // Areas 6, 3, 2 of 22 in all.
  const index_t expected[6] = {600, 600, 300, 300, 200, 200};
  for (int face = 0; face < 6; ++face) EXPECT_EQ(on_face[face], expected[face]) << face;
  EXPECT_NEAR(static_cast<double>(set.boundary[0].size()), 1100.0, 10.0);
}

TEST_F(SamplerTest, SharesOfTheRanksJoinToTheWhole) {
  const Sampler sampler(problem_of(nbm::test::ellipsoid), {}, 4, pool);
  const SampleSet whole = sampler.draw(7, kCell, pool);
  for (const int ranks : {2, 3, 7}) {
    SampleSet joined;
    for (int rank = 0; rank < ranks; ++rank) joined.append(sampler.draw(7, kCell, pool, rank, ranks));
    expect_equal(joined, whole);
  }
}

TEST_F(SamplerTest, AnyTeamGivesTheSameBits) {
  const nbm::Problem problem = problem_of(nbm::test::ellipsoid);
  nbm::ThreadPool one(1), five(5);
  const SampleSet expected = Sampler(problem, {}, 4, one).draw(7, kCell, one);
  expect_equal(Sampler(problem, {}, 4, five).draw(7, kCell, five), expected);
  expect_equal(Sampler(problem, {}, 4, one).draw(7, kCell, one), expected);
}

TEST_F(SamplerTest, DrawsAndSeedsDiffer) {
  const nbm::Problem problem = problem_of(nbm::test::sphere);
  const Sampler sampler(problem, {}, 4, pool);
  const SampleSet first = sampler.draw(0, kCell, pool), second = sampler.draw(1, kCell, pool);
  const SampleSet other = Sampler(problem, {}, 5, pool).draw(0, kCell, pool);
  for (const SampleSet* set : {&second, &other}) {
    EXPECT_NE(first.regular[1].x, set->regular[1].x);
    EXPECT_NE(first.irregular.x, set->irregular.x);
    EXPECT_NE(first.boundary[1].y, set->boundary[1].y);
  }
}

TEST_F(SamplerTest, InterfaceDrawsHaveTheirOwnStreamAndShares) {
  const Sampler sampler(problem_of(nbm::test::sphere), {}, 4, pool);
  const nbm::InterfacePoints whole = sampler.draw_interface(0, 1000, pool);
  EXPECT_EQ(whole.size(), 1000);
  nbm::InterfacePoints joined;
  for (int rank = 0; rank < 3; ++rank) joined.append(sampler.draw_interface(0, 1000, pool, rank, 3));
  expect_equal(joined.points, whole.points);
  expect_equal(joined.normals, whole.normals);
  EXPECT_THROW(sampler.draw_interface(0, -1, pool), nbm::InvalidArgument);
}

TEST_F(SamplerTest, EmptyGroupsAreEmpty) {
  const nbm::Problem problem = problem_of(nbm::test::sphere);
  const SampleSet none = Sampler(problem, {.regular = 0, .irregular = 0, .boundary = 0}, 1, pool).draw(0, kCell, pool);
  expect_equal(none, SampleSet{});
  const auto one_sided = problem_of([](Vec3<double>) { return 1.0; });
  const Sampler sampler(one_sided, {}, 1, pool);
  EXPECT_FALSE(sampler.has_interface());
  const SampleSet set = sampler.draw(0, kCell, pool);
  EXPECT_EQ(set.irregular.size(), 0);
  EXPECT_EQ(set.regular[1].size(), 4096);
  EXPECT_EQ(set.boundary[1].size(), 1024);
}

// Cells so large that no irregular one has its stencil in the box.
TEST_F(SamplerTest, CellsTooLargeForAnIrregularStencilGiveNone) {
  const Sampler sampler(problem_of(nbm::test::sphere), {}, 1, pool);
  EXPECT_EQ(sampler.draw(0, {0.9, 0.9, 0.9}, pool).irregular.size(), 0);
  EXPECT_EQ(sampler.acceptance({0.9, 0.9, 0.9}, pool).irregular, 0.0);
}

// Shares of the regular points that lie on the minus side of a ball, by sides drawn.
double share_inside(const Sampler& sampler, nbm::ThreadPool& pool) {
  const SampleSet set = sampler.draw_by_side(0, kCell, pool);
  return static_cast<double>(set.regular[0].size()) /
         static_cast<double>(set.regular[0].size() + set.regular[1].size());
}

TEST_F(SamplerTest, ASmallSideGetsItsShare) {
  for (const double radius : {0.3, 0.2, 0.1, 0.05}) {
    const nbm::Problem problem = problem_of([=](Vec3<double> p) { return std::sqrt(dot(p, p)) - radius; });
    const double volume = 4.0 / 3.0 * 3.14159265 * std::pow(radius, 3) / 8.0;
    const double even = share_inside(Sampler(problem, {}, 1, pool), pool);
    EXPECT_NEAR(even, volume, 0.003);
    const double shared = share_inside(Sampler(problem, {}, 1, pool, {.pieces = 0.4}), pool);
    // Half of the 40 %, less what falls beside the ball in cells that it cuts: the more the smaller it is.
    EXPECT_GT(shared, radius >= 0.2 ? 0.15 : radius >= 0.1 ? 0.1 : 0.03) << radius;
    EXPECT_LT(shared, 0.2 + volume);
  }
}

TEST_F(SamplerTest, EveryPieceGetsItsShare) {
  const std::array<Vec3<double>, 3> centers = {{{-0.5, 0, 0}, {0.5, 0.3, 0}, {0, -0.6, 0.5}}};
  const std::array<double, 3> radii = {0.3, 0.15, 0.1};
  const auto distance = [=](Vec3<double> p, std::size_t n) {
    const Vec3<double> d = p - centers[n];
    return std::sqrt(dot(d, d)) - radii[n];
  };
  const nbm::Problem problem = problem_of([=](Vec3<double> p) {
    return std::min({distance(p, 0), distance(p, 1), distance(p, 2)});
  });
  const Sampler sampler(problem, {.regular = 8192}, 1, pool, {.pieces = 0.5});
  ASSERT_EQ(sampler.interface().pieces().pieces.size(), 4u);
  const SampleSet set = sampler.draw_by_side(0, kCell, pool);
  const nbm::InterfacePoints on = sampler.draw_interface(0, 4096, pool);
  double roots = 0.0;
  for (const double r : radii) roots += r;  // roots of the areas
  double volume_roots = 0.0;
  for (const double r : radii) volume_roots += std::pow(r, 1.5);
  for (std::size_t n = 0; n < 3; ++n) {
    index_t inside = 0, at = 0;
    for (index_t i = 0; i < set.regular[0].size(); ++i) inside += distance(set.regular[0][i], n) < 0.0;
    for (index_t i = 0; i < on.size(); ++i) at += std::abs(distance(on.points[i], n)) < 1e-6;
    // Half of 50 %, by the roots of the volumes; of that more than half lies in the piece, not beside it in cut cells.
    EXPECT_GT(static_cast<double>(inside), 0.5 * 0.25 * 8192 * std::pow(radii[n], 1.5) / volume_roots) << n;
    // Areas of the triangles are short by (h / 2r)^2 or so.
    EXPECT_NEAR(static_cast<double>(at) / 4096.0, radii[n] / roots, 0.02) << n;
  }
}

// A side of one piece without sources: nothing to share, and the very points of an even density.
TEST_F(SamplerTest, NothingToShareLeavesThePointsAlone) {
  nbm::Problem problem;
  problem.plus.f = 3.0;
  expect_equal(Sampler(problem, {}, 1, pool, {.pieces = 0.5, .sources = 0.5}).draw(0, kCell, pool),
               Sampler(problem, {}, 1, pool).draw(0, kCell, pool));
}

TEST_F(SamplerTest, PointsGoWhereSourcesAreNarrow) {
  for (const double width : {0.05, 0.02}) {
    nbm::Problem problem;
    problem.plus.f = nbm::test::field_of([=](Vec3<double> p) {
      const Vec3<double> d = p - Vec3<double>{0.3, -0.2, 0.1};
      return std::exp(-dot(d, d) / (2.0 * width * width));
    });
    const SampleSet set = Sampler(problem, {.regular = 4000}, 1, pool, {.sources = 0.3}).draw_by_side(0, kCell, pool);
    index_t near = 0;
    for (index_t i = 0; i < set.regular[1].size(); ++i) {
      const Vec3<double> d = set.regular[1][i] - Vec3<double>{0.3, -0.2, 0.1};
      near += dot(d, d) < 16.0 * width * width + 0.01;
    }
    EXPECT_GT(near, 1000) << width;
  }
}

// The numbers of points in boxes of equal mass differ less than those of random points would.
TEST_F(SamplerTest, DensePointsKeepALowDiscrepancy) {
  const nbm::Problem problem = problem_of(nbm::test::sphere);
  constexpr index_t n = 8192;
  const Sampler sampler(problem, {.regular = n, .irregular = 0, .boundary = 0}, 1, pool, {.pieces = 0.5});
  const SampleSet set = sampler.draw_by_side(0, {1e-3, 1e-3, 1e-3}, pool);
  const nbm::DensityView view = sampler.density().view();
  std::vector<index_t> counts(8);
  std::vector<double> expected(8, 0.0);
  for (std::int64_t i = 0; i < view.cells[0]; ++i) {  // slabs of the first axis
    expected[static_cast<std::size_t>(8 * i / view.cells[0])] += n * (view.x[i] - (i > 0 ? view.x[i - 1] : 0.0));
  }
  for (const Points& points : set.regular) {
    for (index_t i = 0; i < points.size(); ++i) ++counts[static_cast<std::size_t>(4.0 * (points[i].x + 1.0))];
  }
  EXPECT_LT(nbm::test::chi_square(counts, expected), 7.0);
}

TEST_F(SamplerTest, SharedPointsAreThoseOfAnyTeamAndRanks) {
  const nbm::Problem problem = problem_of(nbm::test::ellipsoid);
  nbm::ThreadPool one(1), five(5);
  const nbm::PointShares shares{.pieces = 0.3, .sources = 0.2};
  const Sampler a(problem, {}, 4, one, shares), b(problem, {}, 4, five, shares);
  const SampleSet whole = a.draw(7, kCell, one);
  expect_equal(b.draw(7, kCell, five), whole);
  SampleSet joined = b.draw(7, kCell, five, 0, 3);
  joined.append(b.draw(7, kCell, five, 1, 3));
  joined.append(b.draw(7, kCell, five, 2, 3));
  EXPECT_EQ(joined.regular[0].size(), whole.regular[0].size());
  EXPECT_EQ(joined.regular[1].x, whole.regular[1].x);
}

TEST_F(SamplerTest, RejectsWhatCannotBeUsed) {
  const nbm::Problem problem = problem_of(nbm::test::sphere);
  EXPECT_THROW(Sampler(problem, {.regular = -1}, 1, pool), nbm::InvalidArgument);
  EXPECT_THROW(Sampler(problem, {}, 1, pool, {.pieces = -0.1}), nbm::InvalidArgument);
  EXPECT_THROW(Sampler(problem, {}, 1, pool, {.pieces = 0.6, .sources = 0.6}), nbm::InvalidArgument);
  EXPECT_THROW(Sampler(problem, {.irregular = -1}, 1, pool), nbm::InvalidArgument);
  EXPECT_THROW(Sampler(problem, {.boundary = index_t{1} << 27}, 1, pool), nbm::InvalidArgument);
  const Sampler sampler(problem, {}, 1, pool);
  EXPECT_THROW(sampler.draw(0, {0.1, 0.0, 0.1}, pool), nbm::InvalidArgument);
  EXPECT_THROW(sampler.draw(0, {0.1, 0.1, 2.0}, pool), nbm::InvalidArgument);
  EXPECT_THROW(sampler.draw(-1, kCell, pool), nbm::InvalidArgument);
  EXPECT_THROW(sampler.draw(0, kCell, pool, 2, 2), nbm::InvalidArgument);
  EXPECT_THROW(sampler.draw(0, kCell, pool, -1, 2), nbm::InvalidArgument);
}

}  // namespace
