#include <gtest/gtest.h>

#include "nbm/core/error.hpp"
#include "nbm/problem/field.hpp"
#include "nbm/problem/grid_field.hpp"
#include "nbm/problem/symbols.hpp"

namespace nbm {
namespace {

using namespace nbm::symbols;  // NOLINT

TEST(Field, KnowsItsKind) {
  EXPECT_EQ(Field(2.0).kind(), "constant");
  EXPECT_EQ(Field(x() + y()).kind(), "expression");
  EXPECT_EQ(Field(Symbol(3.0) * 2.0).kind(), "constant") << "a formula without coordinates is a number";
  EXPECT_EQ(Field(GridField(Box{}, {4, 4, 4}, std::vector<double>(64, 1.0))).kind(), "grid");
  EXPECT_EQ(Field([](PointsView, std::span<double>) {}).kind(), "callback");
}

TEST(Field, EvaluatesEveryKind) {
  const auto twice_x = [](PointsView points, std::span<double> values) {
    for (index_t i = 0; i < points.size; ++i) values[static_cast<std::size_t>(i)] = 2.0 * points.x[i];
  };
  const Vec3<double> p{0.25, 0.5, 0.75};
  EXPECT_EQ(Field(2.0).at(p), 2.0);
  EXPECT_EQ(Field(x() + y()).at(p), 0.75);
  EXPECT_EQ(Field(FieldCallback(twice_x)).at(p), 0.5);
  EXPECT_NEAR(Field(GridField(Box{}, {4, 4, 4}, std::vector<double>(64, 1.5))).at(p), 1.5, 1e-15);
}

TEST(Field, RejectsBadInput) {
  EXPECT_THROW(Field(FieldCallback{}), InvalidArgument);
  Points points(3);
  std::vector<double> values(2);
  EXPECT_THROW(Field(1.0).evaluate(points.view(), values), InvalidArgument);
}

TEST(Symbol, RejectsWrongOperands) {
  EXPECT_THROW(Symbol(Op::add, {x()}), InvalidArgument);
  EXPECT_THROW(Symbol(Op::constant, {}), InvalidArgument);
}

}  // namespace
}  // namespace nbm
