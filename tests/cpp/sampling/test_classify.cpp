#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "level_sets.hpp"
#include "nbm/core/error.hpp"
#include "nbm/core/philox.hpp"
#include "nbm/sampling/classify.hpp"

namespace {

using nbm::CellKind;
using nbm::Vec3;

CellKind kind_of(const nbm::Field& level_set, Vec3<double> point, Vec3<double> h) {
  nbm::Points points;
  points.push_back(point);
  std::vector<std::uint8_t> kind(1);
  nbm::classify(level_set, points.view(), h, kind);
  return static_cast<CellKind>(kind[0]);
}

TEST(Classify, LooksAtCornersAndNeighbors) {
  const Vec3<double> h = {0.2, 0.2, 0.2}, center = {0.0, 0.0, 0.0};
  const auto plane = [](double at) { return nbm::test::field_of([at](Vec3<double> p) { return p.x - at; }); };
  EXPECT_EQ(kind_of(plane(0.05), center, h), CellKind::irregular) << "cut";
  EXPECT_EQ(kind_of(plane(0.15), center, h), CellKind::irregular) << "uncut, but the neighbour is across";
  EXPECT_EQ(kind_of(plane(0.25), center, h), CellKind::regular_minus);
  EXPECT_EQ(kind_of(plane(-0.25), center, h), CellKind::regular_plus);
  const auto corner = nbm::test::field_of([](Vec3<double> p) { return 0.29 - p.x - p.y - p.z; });
  EXPECT_EQ(kind_of(corner, center, h), CellKind::irregular) << "only the corner (0.1, 0.1, 0.1) is across";
  EXPECT_EQ(kind_of(corner, center, {0.19, 0.19, 0.19}), CellKind::regular_plus);
}

TEST(Classify, ValuesNearZeroCountAsPlusAtCornersOnly) {
  const Vec3<double> h = {0.2, 0.2, 0.2};
  const auto tiny = nbm::test::field_of([](Vec3<double> p) { return p.x == 0.1 ? -1e-14 : 1.0; });
  EXPECT_EQ(kind_of(tiny, {0.0, 0.0, 0.0}, h), CellKind::regular_plus);
  const auto larger = nbm::test::field_of([](Vec3<double> p) { return p.x == 0.1 ? -1e-12 : 1.0; });
  EXPECT_EQ(kind_of(larger, {0.0, 0.0, 0.0}, h), CellKind::irregular);
  const auto neighbor = nbm::test::field_of([](Vec3<double> p) { return p.x == 0.2 ? -1e-14 : 1.0; });
  EXPECT_EQ(kind_of(neighbor, {0.0, 0.0, 0.0}, h), CellKind::irregular);
}

// More points than one block, with another length at each end, against the function of one cell.
TEST(Classify, BatchesAgreeWithSingleCells) {
  const Vec3<double> h = {0.1, 0.15, 0.05};
  nbm::Points points;
  for (nbm::index_t i = 0; i < 1300; ++i) {
    const auto u = [&](nbm::index_t axis) { return 2.0 * nbm::uniform(3, nbm::Stream::regular, axis, i) - 1.0; };
    points.push_back({u(0), u(1), u(2)});
  }
  std::vector<std::uint8_t> kind(1300);
  nbm::classify(nbm::test::field_of(nbm::test::ellipsoid), points.view(), h, kind);
  int of_kind[3] = {0, 0, 0};
  for (nbm::index_t i = 0; i < points.size(); ++i) {
    double phi[nbm::kClassifyPositions];
    for (int p = 0; p < nbm::kClassifyPositions; ++p) {
      phi[p] = nbm::test::ellipsoid(nbm::classify_position(points[i], h, p));
      if (p < nbm::kCellCorners) phi[p] = nbm::corner_level_set(phi[p], h.z);
    }
    const CellKind expected = nbm::classify_cell(phi, phi + nbm::kCellCorners);
    ASSERT_EQ(static_cast<CellKind>(kind[static_cast<std::size_t>(i)]), expected) << i;
    ++of_kind[static_cast<int>(expected)];
  }
  for (const int n : of_kind) EXPECT_GT(n, 10);
}

TEST(Classify, NamesANonFiniteLevelSet) {
  const auto nan = nbm::test::field_of([](Vec3<double> p) { return p.x > 0.25 ? std::nan("") : 1.0; });
  EXPECT_NO_THROW(kind_of(nan, {0.0, 0.0, 0.0}, {0.2, 0.2, 0.2}));
  try {
    kind_of(nan, {0.1, 0.0, 0.0}, {0.2, 0.2, 0.2});
    FAIL();
  } catch (const nbm::InvalidField& e) {
    EXPECT_EQ(e.field, "level_set");
    EXPECT_GT(e.point.x, 0.25);
  }
}

}  // namespace
