#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fixtures.hpp"
#include "nbm/core/error.hpp"
#include "reference_network.hpp"

namespace {

using namespace nbm;
using test::kOblong;
using test::make_solution;
using test::scattered;

constexpr double kEps = std::numeric_limits<double>::epsilon();
// Two hidden layers of at most 7: each sum has 8 terms of size about 1, each sine passes errors on with factor <= 1
// times the weights' row sums (<= 4): some 50 roundings amplified by some 10.
constexpr double kNetworkTolerance = 500 * kEps;

double reference(const Solution& solution, Side side, Vec3<double> point) {
  return reference::network(solution.siren(), solution.parameters(nbm::index_of(side)),
                            solution.box().normalize(point));
}

double level_set_of_unit_sphere(Vec3<double> p) { return dot(p, p) - 1.0; }

struct Values {
  explicit Values(index_t n) : u(static_cast<std::size_t>(n)), x(u), y(u), z(u) {}
  Solution::Gradient gradient() { return {x, y, z}; }
  std::vector<double> u, x, y, z;
};

TEST(Solution, EvaluatesTheNetworkOfEachPointsSide) {
  ThreadPool pool(2);
  const Solution solution = make_solution(test::sphere(1.0));
  const Points points = scattered(kOblong, 9001);
  Values got(points.size());
  solution.evaluate(points.view(), got.u, pool);
  int minus = 0;
  for (index_t i = 0; i < points.size(); ++i) {
    const Side side = level_set_of_unit_sphere(points[i]) < 0.0 ? Side::minus : Side::plus;
    minus += side == Side::minus;
    ASSERT_NEAR(got.u[static_cast<std::size_t>(i)], reference(solution, side, points[i]), kNetworkTolerance) << i;
  }
  EXPECT_GT(minus, 100);
  EXPECT_LT(minus, points.size() - 100);
}

TEST(Solution, OneSideIsEvaluatedEverywhere) {
  ThreadPool pool(1);
  const Solution solution = make_solution(test::sphere(1.0));
  const Points points = scattered(kOblong, 257);
  std::vector<double> minus(257), plus(257), jump(257);
  solution.evaluate_side(Side::minus, points.view(), minus, pool);
  solution.evaluate_side(Side::plus, points.view(), plus, pool);
  solution.jump(points.view(), jump, pool);
  for (std::size_t i = 0; i < 257; ++i) {
    const Vec3<double> p = points[static_cast<index_t>(i)];
    EXPECT_NEAR(minus[i], reference(solution, Side::minus, p), kNetworkTolerance);
    EXPECT_NEAR(plus[i], reference(solution, Side::plus, p), kNetworkTolerance);
    EXPECT_EQ(jump[i], plus[i] - minus[i]);
  }
}

TEST(Solution, GradientIsThatOfTheValuesInBoxCoordinates) {
  ThreadPool pool(2);
  const Solution solution = make_solution(1.0);  // no interface: plus everywhere
  const Points points = scattered(kOblong, 64);
  Values got(64), one_side(64);
  solution.evaluate_gradient(points.view(), got.u, got.gradient(), pool);
  solution.evaluate_gradient_side(Side::plus, points.view(), one_side.u, one_side.gradient(), pool);
  // Central difference of the reference: error h^2/6 |u'''| + eps |u| / h; with |u'''| < 1e3 and h = 1e-5 below 2e-7.
  constexpr double h = 1e-5, tolerance = 2e-7;
  for (index_t i = 0; i < 64; ++i) {
    const auto n = static_cast<std::size_t>(i);
    EXPECT_NEAR(got.u[n], reference(solution, Side::plus, points[i]), kNetworkTolerance);
    for (int axis = 0; axis < kDim; ++axis) {
      Vec3<double> ahead = points[i], behind = points[i];
      ahead[axis] += h;
      behind[axis] -= h;
      const double slope = (reference(solution, Side::plus, ahead) - reference(solution, Side::plus, behind)) / (2 * h);
      EXPECT_NEAR(got.gradient()[static_cast<std::size_t>(axis)][n], slope, tolerance);
    }
    EXPECT_EQ(got.x[n], one_side.x[n]);
    EXPECT_EQ(got.z[n], one_side.z[n]);
  }
}

TEST(Solution, FluxJumpTakesCoefficientsAndNormals) {
  ThreadPool pool(1);
  const Solution solution = make_solution(test::sphere(1.0));
  Problem problem;
  problem.box = kOblong;
  problem.minus.mu = 3.0;
  problem.plus.mu = Expression({{Op::x}, {Op::constant, -1, -1, -1, 5.0}, {Op::add, 0, 1}});
  const Points points = scattered(kOblong, 40);
  Points normals(40);
  for (index_t i = 0; i < 40; ++i) normals.set(i, {0.6, 0.0, 0.8});
  std::vector<double> got(40);
  solution.flux_jump(problem, points.view(), normals.view(), got, pool);
  Values minus(40), plus(40);
  solution.evaluate_gradient_side(Side::minus, points.view(), minus.u, minus.gradient(), pool);
  solution.evaluate_gradient_side(Side::plus, points.view(), plus.u, plus.gradient(), pool);
  for (std::size_t i = 0; i < 40; ++i) {
    const double flux_plus = (points.x[i] + 5.0) * (0.6 * plus.x[i] + 0.8 * plus.z[i]);
    const double flux_minus = 3.0 * (0.6 * minus.x[i] + 0.8 * minus.z[i]);
    const double size = std::abs(flux_plus) + std::abs(flux_minus) + 1.0;
    EXPECT_NEAR(got[i], flux_plus - flux_minus, 8 * kEps * size);
  }
}

TEST(Solution, BitsDependNeitherOnThreadsNorOnTheBatch) {
  const Solution solution = make_solution(test::sphere(1.0));
  const Points points = scattered(kOblong, 140001);  // more than one batch
  Values one(points.size()), three(points.size());
  ThreadPool single(1), team(3);
  solution.evaluate_gradient(points.view(), one.u, one.gradient(), single);
  solution.evaluate_gradient(points.view(), three.u, three.gradient(), team);
  EXPECT_EQ(one.u, three.u);
  EXPECT_EQ(one.y, three.y);
  std::vector<double> whole(one.u.size()), alone(1);
  solution.evaluate(points.view(), whole, team);
  for (const index_t i : {0, 77777, 140000}) {
    solution.evaluate(points.view().slice(i, 1), alone, single);
    EXPECT_EQ(alone[0], whole[static_cast<std::size_t>(i)]);
  }
}

TEST(Solution, NoPointsAreFine) {
  ThreadPool pool(1);
  const Solution solution = make_solution(test::sphere(1.0));
  Values none(0);
  EXPECT_NO_THROW(solution.evaluate(PointsView{}, none.u, pool));
  EXPECT_NO_THROW(solution.evaluate_gradient(PointsView{}, none.u, none.gradient(), pool));
}

TEST(Solution, RefusesBadInput) {
  ThreadPool pool(1);
  const Solution solution = make_solution(test::sphere(1.0));
  const Points points = scattered(kOblong, 4);
  std::vector<double> three(3), four(4);
  EXPECT_THROW(solution.evaluate(points.view(), three, pool), InvalidArgument);
  EXPECT_THROW(solution.evaluate_gradient(points.view(), four, {four, four, three}, pool), InvalidArgument);
  EXPECT_THROW(Solution(kOblong, 1.0, {}, {1.0, 2.0}), InvalidArgument);
  std::vector<double> parameters = solution.parameters();
  parameters[3] = std::nan("");
  EXPECT_THROW(Solution(kOblong, 1.0, solution.siren(), parameters), InvalidArgument);
  EXPECT_THROW(Solution({{1, 0, 0}, {0, 1, 1}}, 1.0, solution.siren(), solution.parameters()), InvalidArgument);
}

TEST(Solution, ALevelSetThatIsNotFiniteIsNamedWithItsPoint) {
  ThreadPool pool(2);
  const Solution solution = make_solution(Expression({{Op::x}, {Op::log, 0}}));
  Points points(2);
  points.set(0, {0.5, 1.0, 0.0});
  points.set(1, {-0.25, 1.0, 0.0});
  std::vector<double> values(2);
  try {
    solution.evaluate(points.view(), values, pool);
    FAIL() << "evaluated where the level set is NaN";
  } catch (const InvalidField& e) {
    EXPECT_EQ(e.field, "level_set");
    EXPECT_EQ(e.point.x, -0.25);
  }
}

}  // namespace
