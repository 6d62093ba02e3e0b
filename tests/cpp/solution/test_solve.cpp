#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

#include "nbm/core/error.hpp"
#include "nbm/problem/symbols.hpp"
#include "nbm/solution/correction.hpp"
#include "nbm/solution/solve.hpp"
#include "solution/unseen.hpp"
#include "sphere_problem.hpp"

// Solving without being told how, and estimates of the error.
namespace nbm {
namespace {

using namespace nbm::symbols;

Symbol radius() { return sqrt(x() * x() + y() * y() + z() * z()); }

// A ball of radius 0.5 and conductivity `contrast` in a uniform field.
Problem ball_in_a_field(double contrast) {
  const double a = (contrast - 1.0) / (contrast + 2.0) * 0.125;
  Problem problem;
  problem.level_set = Field(Expression(radius() - 0.5));
  problem.minus.mu = contrast;
  const Field g(Expression(z() - a * z() / (radius() * radius() * radius())));
  problem.minus.boundary = problem.plus.boundary = g;
  return problem;
}

double in_the_field(Vec3<double> p, double contrast) {
  const double r = std::sqrt(dot(p, p)), a = (contrast - 1.0) / (contrast + 2.0) * 0.125;
  return r < 0.5 ? 3.0 * p.z / (contrast + 2.0) : p.z * (1.0 - a / (r * r * r));
}

Points scattered(const Box& box, index_t count) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> draw(0.0, 1.0);
  Points points;
  for (index_t i = 0; i < count; ++i) {
    Vec3<double> p;
    for (int k = 0; k < kDim; ++k) p[k] = box.lower[k] + box.edge()[k] * draw(random);
    points.push_back(p);
  }
  return points;
}

template <class Exact>
double rms_error(const Solution& solution, Exact&& exact) {
  const Points points = scattered(solution.box(), 2000);
  std::vector<double> u(points.x.size());
  ThreadPool pool(1);
  solution.evaluate(points.view(), u, pool);
  double squares = 0.0;
  for (index_t i = 0; i < points.size(); ++i) {
    const double error = u[static_cast<std::size_t>(i)] - exact(points[i]);
    squares += error * error;
  }
  return std::sqrt(squares / static_cast<double>(points.size()));
}

TEST(Solve, ABallInAFieldIsExactToSevenDigitsAndTheEstimateSaysSo) {
  ThreadPool pool(2);
  SolveReport report;
  const Solution u = solve(ball_in_a_field(100.0), {.cells = 32, .most_unknowns = 1000}, pool, report);
  const double error = rms_error(u, [](Vec3<double> p) { return in_the_field(p, 100.0); });
  EXPECT_LT(error, 1e-7);
  EXPECT_GT(report.estimate.rms, error / 2);
  EXPECT_LT(report.estimate.rms, 300 * error);
  ASSERT_LT(report.chosen, report.attempts.size());
  EXPECT_EQ(report.attempts[report.chosen].estimated_rmse, report.estimate.rms);
  for (const auto& attempt : report.attempts) EXPECT_GE(1.5 * attempt.estimated_rmse, report.estimate.rms);
}

TEST(Solve, HasTheSameBitsForAnyTeam) {
  const Points points = scattered(Box{}, 300);
  std::vector<double> u[2];
  for (const int threads : {1, 2}) {
    ThreadPool pool(threads);
    SolveReport report;
    auto& values = u[threads - 1];
    values.resize(points.x.size());
    solve(ball_in_a_field(2.0), {.cells = 32, .most_unknowns = 1000}, pool, report)
        .evaluate(points.view(), values, pool);
  }
  EXPECT_EQ(u[0], u[1]);
}

// A source narrower than the cells of a coarse grid, at (0.3, -0.2, 0.1).
Problem narrow_source(double width) {
  Problem problem;
  const Symbol a = x() - 0.3, b = y() + 0.2, c = z() - 0.1;
  const double peak = 5.0 / (std::pow(2.0 * 3.14159265358979, 1.5) * width * width * width);
  problem.plus.f = Field(Expression(peak * exp((a * a + b * b + c * c) * (-0.5 / (width * width)))));
  return problem;
}

// Grains of conductivity 100, too many for a small basis.
Problem grains() {
  Problem problem;
  const double k = 3.14159265358979;
  problem.level_set = Field(Expression(sin(x() * k) * sin(y() * k) * sin(z() * k) - 0.3));
  problem.minus.mu = 100.0;
  problem.minus.boundary = problem.plus.boundary = Field(Expression(z()));
  return problem;
}

TEST(Solve, TheFinerGridHasTwiceAsManyCellsWhereHalfMoreWouldNotBeTrusted) {
  const auto last_attempt = [](const Problem& problem) {
    ThreadPool pool(2);
    SolveReport report;
    solve(problem, {.cells = 32, .most_unknowns = 200}, pool, report);
    return report.attempts.back().what;
  };
  EXPECT_NE(last_attempt(grains()).find(" 48 cells"), std::string::npos);
  EXPECT_NE(last_attempt(narrow_source(0.02)).find(" 64 cells"), std::string::npos);
}

TEST(Solve, RefusesSizesThatCannotBe) {
  ThreadPool pool(1);
  SolveReport report;
  EXPECT_THROW(solve(ball_in_a_field(2.0), {.cells = 8}, pool, report), InvalidArgument);
  EXPECT_THROW(solve(ball_in_a_field(2.0), {.most_unknowns = 5}, pool, report), InvalidArgument);
}

TEST(ErrorEstimate, SeesAConstantThatIsMissing) {
  ThreadPool pool(2);
  const Problem problem = nbm::testing::sphere_problem();
  SolveReport report;
  const Solution good = solve(problem, {.cells = 32, .most_unknowns = 1000}, pool, report);
  Problem raised = problem;
  for (Medium* medium : {&raised.minus, &raised.plus}) {
    const Field g = medium->boundary;
    medium->boundary = Field(FieldCallback([g](PointsView p, std::span<double> v) {
      g.evaluate(p, v);
      for (double& value : v) value += 0.25;
    }));
  }
  const ErrorEstimate estimate = estimate_error(raised, good, 32, pool);
  EXPECT_NEAR(estimate.missing, 0.25, 1e-3);
  EXPECT_GE(estimate.rms, estimate.missing);
  EXPECT_NEAR(estimate.range(), report.estimate.range(), 1e-3);
}

TEST(ErrorEstimate, IsTrustedUpToAShareOfTheRangeAndOfTheDeviation) {
  ErrorEstimate wide, flat;  // ranges of 1 and 4
  wide.upper = 1.0, wide.deviation = 0.6;
  flat.upper = 4.0, flat.deviation = 0.5;
  EXPECT_DOUBLE_EQ(wide.trusted(), 0.02);
  EXPECT_DOUBLE_EQ(flat.trusted(), 0.02);
}

TEST(ErrorEstimate, ShortAxesHaveCellsOfTheSameSize) {
  const Vec3<index_t> cells = grid_cells({{0, 0, 0}, {10, 10, 2}}, 64);
  EXPECT_EQ(cells.x, 64);
  EXPECT_EQ(cells.z, 16);  // at least so many
}

TEST(Unseen, ANarrowSourceIsFoundWhereItIs) {
  ThreadPool pool(1);
  const Unseen narrow = unseen_sources(narrow_source(0.01), {32, 32, 32}, pool);
  EXPECT_NEAR(narrow.place.x, 0.3, 0.07);
  EXPECT_NEAR(narrow.place.y, -0.2, 0.07);
  EXPECT_NEAR(narrow.place.z, 0.1, 0.07);
  EXPECT_GT(narrow.rms, 0.1);  // 0.28 of the strength over the edge, times what the nodes miss of it
  // Of three cells' width the nodes see everything: the trapezoidal rule is exact for it to many digits.
  EXPECT_LT(unseen_sources(narrow_source(0.2), {32, 32, 32}, pool).rms, 1e-3);
}

TEST(Unseen, FluxThatIsMissingAtASmallPieceIsFound) {
  ThreadPool pool(1);
  Problem problem;
  const Symbol a = x() + 0.6, b = y() + 0.6, c = z() + 0.6, r = sqrt(a * a + b * b + c * c);
  problem.level_set = Field(Expression(r - 0.005));
  problem.jump_flux = -0.5 / (0.005 * 0.005);
  const Solution nothing = Solution::of_expansion(problem.box, problem.level_set, {});
  const InterfaceSampler interface(problem.box, problem.level_set, pool);
  const Unseen unseen = unseen_flux(problem, interface, nothing, {64, 64, 64}, 0.0, pool);
  EXPECT_NEAR(unseen.place.x, -0.6, 0.05);
  // The strength 4 pi 0.5 in an edge of 2, shared among the nodes around.
  EXPECT_LT(unseen.rms, 0.28 * 4 * 3.14159265 * 0.5 / 2 * 1.02);
  EXPECT_GT(unseen.rms, 0.28 * 4 * 3.14159265 * 0.5 / 2 / 3);
  problem.jump_flux = 0.0;
  EXPECT_EQ(unseen_flux(problem, interface, nothing, {64, 64, 64}, 0.0, pool).rms, 0.0);
}

TEST(ResidualProblem, AGoodExpansionLeavesLittleAnywhere) {
  ThreadPool pool(2);
  const Problem problem = ball_in_a_field(10.0);
  const ExpansionFit fit = fit_expansion(problem, {}, pool);
  const Problem residual =
      residual_problem(problem, Solution::of_expansion(problem.box, problem.level_set, fit.expansion));
  // Beside the interface as well: the jumps are those of the interface next to the point.
  Points near;
  for (const Vec3<double> p : {Vec3<double>{0.51, 0.0, 0.0}, {0.0, 0.29, 0.4}, {-0.3, -0.3, -0.3}}) near.push_back(p);
  std::vector<double> owed(3);
  residual.jump_u.evaluate(near.view(), owed);
  for (const double value : owed) EXPECT_NEAR(value, 0.0, 1e-6);
  residual.jump_flux.evaluate(near.view(), owed);
  for (const double value : owed) EXPECT_NEAR(value, 0.0, 1e-4);
  residual.minus.f.evaluate(near.view(), owed);
  for (const double value : owed) EXPECT_NEAR(value, 0.0, 1e-2);
}

TEST(OwedFlux, IsThatOfTheResidualProblemWhereTheInterfaceHasALaw) {
  ThreadPool pool(1);
  Problem problem = ball_in_a_field(10.0);
  problem.resistance = 0.3;
  problem.surface_reaction = 5.0;
  const ExpansionFit fit = fit_expansion(problem, {.sines = 60, .sources = 40}, pool);
  const Solution solution = Solution::of_expansion(problem.box, problem.level_set, fit.expansion);
  Points on, normals;
  for (const Vec3<double> n : {Vec3<double>{1.0, 0.0, 0.0}, {0.0, 0.6, 0.8}, {0.0, 0.0, -1.0}}) {
    on.push_back(0.5 * n);
    normals.push_back(n);
  }
  std::vector<double> expected(3);
  residual_problem(problem, solution).jump_flux.evaluate(on.view(), expected);
  const std::vector<double> owed = owed_flux(problem, solution, on, normals, pool);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(owed[i], expected[i], 1e-6);
  // Without the reaction's share, S times the mean of u, they would be far apart.
  std::vector<double> u(3);
  solution.evaluate_side(Side::plus, on.view(), u, pool);
  EXPECT_GT(std::abs(u[2]), 1e-2);
}

}  // namespace
}  // namespace nbm
