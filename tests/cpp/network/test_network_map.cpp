#include <gtest/gtest.h>

#include <limits>

#include "nbm/core/error.hpp"
#include "nbm/network/network_map.hpp"

namespace {

using nbm::NetworkMap;
using nbm::Side;

// Labels that vary along x alone: 3 cells there, 1 along y and z.
NetworkMap::Labels along_x(std::initializer_list<std::int16_t> labels) {
  NetworkMap::Labels all;
  for (const std::int16_t label : labels) all.insert(all.end(), 4, label);
  return all;
}

TEST(NetworkMap, IsOneASideByDefault) {
  const NetworkMap map;
  EXPECT_TRUE(map.one_a_side());
  EXPECT_EQ(map.at(Side::minus, {0.3, -2.0, 0.1}), 0);
  EXPECT_EQ(map.at(Side::plus, {0.3, -2.0, 0.1}), 1);
  EXPECT_EQ(map.side_of(0), Side::minus);
  EXPECT_EQ(map.side_of(1), Side::plus);
}

// Nodes at x = -1, -1/3, 1/3, 1: plus | nothing of plus, twice | plus.
TEST(NetworkMap, AsksTheNearestNodeOfTheSideThenTheNearest) {
  const NetworkMap map({3, 1, 1}, {NetworkMap::Labels{}, along_x({0, -1, -2, 1})});
  EXPECT_EQ(map.size(), 3);
  EXPECT_FALSE(map.one_a_side());
  EXPECT_EQ(map.first(Side::plus), 1);
  EXPECT_EQ(map.side_of(1), Side::plus);
  EXPECT_EQ(map.at(Side::minus, {0.9, 0.0, 0.0}), 0);
  const auto at = [&](double x) { return map.at(Side::plus, {x, 0.2, -0.7}); };
  EXPECT_EQ(at(-1.0), 1);
  EXPECT_EQ(at(-0.4), 1);  // nearer to the node that is not of the side, which no piece is
  EXPECT_EQ(at(-0.1), 1);  // no node of the side around: the nearest node says
  EXPECT_EQ(at(0.1), 2);
  EXPECT_EQ(at(0.4), 2);
  EXPECT_EQ(at(7.0), 2);
  EXPECT_EQ(at(-7.0), 1);
  EXPECT_EQ(at(std::numeric_limits<double>::quiet_NaN()), 1);
}

TEST(NetworkMap, RefusesLabelsThatDoNotFit) {
  EXPECT_THROW(NetworkMap({2, 1, 1}, {NetworkMap::Labels{}, along_x({0, -1, -2, 1})}), nbm::InvalidArgument);
  EXPECT_THROW(NetworkMap({3, 1, 1}, {NetworkMap::Labels{}, along_x({0, -1, -3, 2})}), nbm::InvalidArgument);
  EXPECT_THROW(NetworkMap({0, 1, 1}, {}), nbm::InvalidArgument);
}

}  // namespace
