#include <gtest/gtest.h>

#include "nbm/rows/row_sets.hpp"

namespace {

using namespace nbm;

StencilRows two_rows(double first) {
  StencilRows rows;
  rows.clear();
  rows.begin[0] = {0, 2, 3};
  rows.begin[1] = {0, 0, 1};
  rows.weight[0] = {first, first + 1, first + 2};
  rows.weight[1] = {-first};
  for (std::size_t axis = 0; axis < kDim; ++axis) {
    rows.x[0][axis] = {0.1, 0.2, 0.3};
    rows.x[1][axis] = {0.4};
  }
  rows.rhs = {first, -first};
  return rows;
}

TEST(StencilRows, AppendShiftsTheBeginnings) {
  StencilRows rows;
  rows.clear();
  EXPECT_EQ(rows.size(), 0);
  rows.append(two_rows(1.0));
  rows.append(two_rows(5.0));
  EXPECT_EQ(rows.size(), 4);
  EXPECT_EQ(rows.begin[0], (std::vector<index_t>{0, 2, 3, 5, 6}));
  EXPECT_EQ(rows.begin[1], (std::vector<index_t>{0, 0, 1, 1, 2}));
  EXPECT_EQ(rows.weight[0], (std::vector<double>{1, 2, 3, 5, 6, 7}));
  EXPECT_EQ(rows.x[1][2], (std::vector<double>{0.4, 0.4}));
  EXPECT_EQ(rows.rhs, (std::vector<double>{1, -1, 5, -5}));
}

TEST(RowSets, ResizeSizesEveryArray) {
  DifferenceRows rows;
  rows.resize(5);
  PointRows points(kBoundaryGroup, {{true, false}, {true, false}}, 3);
  EXPECT_EQ(rows.size(), 5);
  EXPECT_EQ(points.size(), 3);
  EXPECT_TRUE(points.one_sided());
  for (std::size_t axis = 0; axis < kDim; ++axis) {
    EXPECT_EQ(rows.x[axis].size() + rows.first[axis].size() + rows.second[axis].size(), 15u);
    EXPECT_EQ(points.x[axis].size(), 3u);
  }
  EXPECT_EQ(rows.value.size(), 5u);
  for (const auto& weight : points.weight[0]) EXPECT_EQ(weight.size(), 3u);
  for (const auto& weight : points.weight[1]) EXPECT_TRUE(weight.empty());
}

}  // namespace
