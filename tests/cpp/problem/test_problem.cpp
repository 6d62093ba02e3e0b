#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "nbm/core/error.hpp"
#include "nbm/problem/grid_field.hpp"
#include "nbm/problem/problem.hpp"
#include "nbm/problem/symbols.hpp"

namespace nbm {
namespace {

using namespace nbm::symbols;  // NOLINT

Problem sphere() {
  const Symbol r = sqrt(x() * x() + y() * y() + z() * z());
  Problem problem;
  problem.level_set = r - 0.5;
  problem.minus = {.k = 0.0, .mu = y() * y() * log(x() + 2.0) + 4.0, .f = exp(z()), .boundary = exp(z())};
  problem.plus = {.k = 0.0, .mu = exp(-z()), .f = cos(x()), .boundary = cos(x()) * sin(y())};
  problem.jump_u = cos(x()) * sin(y()) - exp(z());
  problem.jump_flux = x() / r;
  return problem;
}

TEST(Problem, AcceptsSphere) { EXPECT_NO_THROW(sphere().validate()); }

TEST(Problem, WithoutInterface) {
  Problem problem;
  EXPECT_NO_THROW(problem.validate());
  problem.level_set = -1.0;
  EXPECT_NO_THROW(problem.validate());
}

// Runs validate() and returns the InvalidField that it must throw.
InvalidField failure(const Problem& problem) {
  try {
    problem.validate();
  } catch (const InvalidField& error) {
    return error;
  }
  ADD_FAILURE() << "validate() did not throw";
  return {"", 0.0, {}, ""};
}

TEST(Problem, NamesFieldAndPlaceOfBadDiffusion) {
  Problem problem = sphere();
  problem.plus.mu = x();
  const InvalidField error = failure(problem);
  EXPECT_EQ(error.field, "plus.mu");
  EXPECT_LE(error.value, 0.0);
  EXPECT_EQ(error.value, error.point.x);
  EXPECT_GE(problem.level_set.at(error.point), 0.0);
}

TEST(Problem, IgnoresFieldsOffTheirSide) {
  Problem problem = sphere();
  problem.minus.mu = 0.51 - sqrt(x() * x() + y() * y() + z() * z());
  problem.minus.f = log(0.51 - sqrt(x() * x() + y() * y() + z() * z()));
  EXPECT_NO_THROW(problem.validate());
  problem.jump_u = sqrt(0.26 - x() * x() - y() * y() - z() * z());
  EXPECT_NO_THROW(problem.validate()) << "jumps matter on the interface only";
}

TEST(Problem, FindsNonFiniteFields) {
  const Symbol nan = log(-1.0 - x() * x());
  Problem problem = sphere();
  problem.level_set = nan;
  EXPECT_EQ(failure(problem).field, "level_set");
  problem = sphere();
  problem.minus.k = nan;
  EXPECT_EQ(failure(problem).field, "minus.k");
  problem = sphere();
  problem.plus.f = std::numeric_limits<double>::infinity();
  EXPECT_EQ(failure(problem).field, "plus.f");
  problem = sphere();
  problem.plus.boundary = nan;
  EXPECT_EQ(failure(problem).field, "plus.boundary");
  problem = sphere();
  problem.jump_u = nan;
  EXPECT_EQ(failure(problem).field, "jump_u");
  problem = sphere();
  problem.jump_flux = nan;
  EXPECT_EQ(failure(problem).field, "jump_flux");
  problem = sphere();
  problem.minus.boundary = nan;
  EXPECT_NO_THROW(problem.validate()) << "the minus side does not touch the box";
}

TEST(Problem, RejectsBadBoxesAndSmallGrids) {
  Problem problem = sphere();
  problem.box = {{0, 0, 0}, {1, 0, 1}};
  EXPECT_THROW(problem.validate(), InvalidArgument);
  problem.box = {{0, 0, 0}, {1, std::nan(""), 1}};
  EXPECT_THROW(problem.validate(), InvalidArgument);
  problem = sphere();
  problem.minus.k = GridField(Box{{-1, -1, -1}, {1, 1, 0.9}}, {4, 4, 4}, std::vector<double>(64, 1.0));
  EXPECT_THROW(problem.validate(), InvalidArgument);
  problem.minus.k = GridField(Box{{-1, -1, -1}, {1, 1, 1 - 1e-9}}, {4, 4, 4}, std::vector<double>(64, 1.0));
  EXPECT_NO_THROW(problem.validate());
}

}  // namespace
}  // namespace nbm
