#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "nbm/core/error.hpp"
#include "nbm/problem/symbols.hpp"
#include "nbm/training/expansion_fit.hpp"
#include "sphere_problem.hpp"

namespace {

using namespace nbm;
using Exact = double (*)(Vec3<double>);

double radius(Vec3<double> p) { return std::sqrt(dot(p, p)); }

// The largest error at random points of the box, by the side on which each lies.
double largest_error(const Problem& problem, const Expansion& u, Exact exact) {
  ThreadPool pool(2);
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> draw(0.0, 1.0);
  Points points[kSides];
  for (int i = 0; i < 4000; ++i) {
    Vec3<double> p;
    for (int k = 0; k < kDim; ++k) p[k] = problem.box.lower[k] + problem.box.edge()[k] * draw(random);
    points[problem.level_set.at(p) < 0.0 ? 0 : 1].push_back(p);
  }
  double largest = 0.0;
  for (const Side side : {Side::minus, Side::plus}) {
    const Points& own = points[index_of(side)];
    std::vector<double> values(own.x.size(), 0.0);
    u.add(side, own.view(), values, pool);
    for (index_t i = 0; i < own.size(); ++i) {
      largest = std::max(largest, std::abs(values[static_cast<std::size_t>(i)] - exact(own[i])));
    }
  }
  return largest;
}

Field radius_less(double r) {
  using namespace nbm::symbols;
  return Field(Expression(sqrt(x() * x() + y() * y() + z() * z()) - r));
}

// A ball of conductivity 10 and radius 1/2 in a uniform field.
double ball_in_field(Vec3<double> p) {
  constexpr double a = 9.0 / 12.0 * 0.125;
  return radius(p) < 0.5 ? 3.0 / 12.0 * p.z : p.z * (1.0 - a / std::pow(radius(p), 3));
}
Problem ball_problem() {
  using namespace nbm::symbols;
  Problem problem;
  problem.level_set = radius_less(0.5);
  problem.minus.mu = 10.0;
  const Symbol r = sqrt(x() * x() + y() * y() + z() * z());
  problem.plus.boundary = Field(Expression(z() * (1.0 - 9.0 / 12.0 * 0.125 / (r * r * r))));
  return problem;
}

// Of the largest error: a tenth of what the rows of section 9 reach on 64 cells (2.5e-4 for the sphere).
constexpr double kClose = 2.5e-5;

TEST(ExpansionFit, SolvesABallInAUniformField) {
  ThreadPool pool(2);
  const Problem problem = ball_problem();
  const ExpansionFit fit = fit_expansion(problem, {.sines = 300, .sources = 150, .omega = 5.0, .seed = 0}, pool);
  EXPECT_LT(largest_error(problem, fit.expansion, ball_in_field), kClose);
  EXPECT_EQ(fit.expansion.pieces().size(), 2U);
  EXPECT_EQ(fit.unknowns, static_cast<index_t>(fit.expansion.coefficients().size()));
  EXPECT_EQ(fit.unknowns, 2 * kMonomials + 300 + 2 * 150);
  EXPECT_GE(fit.rows, 2 * fit.unknowns);
}

// The sources of the surroundings lie in the ball, which has no room for six of their distances: where they meet in its
// middle they say the same.
TEST(ExpansionFit, SourcesDoNotMeetInTheMiddleOfABall) {
  ThreadPool pool(1);
  for (const index_t sources : {16, 20, 24, 30}) {
    const ExpansionFit fit =
        fit_expansion(ball_problem(), {.sines = 20, .sources = sources, .omega = 2.0, .seed = 0}, pool);
    const Expansion& u = fit.expansion;
    const Vec3<double> middle = u.to_expansion({0.0, 0.0, 0.0});
    for (const PieceBasis& piece : u.pieces()) {
      if (piece.side == Side::minus) continue;
      ASSERT_EQ(piece.reach.size(), static_cast<std::size_t>(sources));
      for (std::size_t j = 0; j < piece.reach.size(); ++j) {
        const double apart = u.unit() * radius(Vec3<double>{piece.at[0][j], piece.at[1][j], piece.at[2][j]} - middle);
        EXPECT_NEAR(apart, 0.05, 1e-4);  // a tenth of the radius
      }
    }
  }
}

TEST(ExpansionFit, SolvesTheSphereOfTheMethodPage) {
  ThreadPool pool(2);
  const Problem problem = nbm::testing::sphere_problem();  // mu varies on both sides
  const ExpansionFit fit = fit_expansion(problem, {.sines = 700, .sources = 150, .omega = 3.0, .seed = 1}, pool);
  EXPECT_LT(largest_error(problem, fit.expansion, nbm::testing::sphere_solution), kClose);
}

TEST(ExpansionFit, SolvesWithNoInterface) {
  using namespace nbm::symbols;
  ThreadPool pool(2);
  Problem problem;
  problem.box = {{0, 0, 0}, {2, 1, 1}};
  const Symbol u = sin(2.0 * x()) * cos(y()) * exp(z());
  problem.plus.k = 3.0;
  problem.plus.f = Field(Expression((3.0 + 4.0 + 1.0 - 1.0) * u));
  problem.plus.boundary = Field(Expression(u));
  const auto exact = [](Vec3<double> p) { return std::sin(2 * p.x) * std::cos(p.y) * std::exp(p.z); };
  const ExpansionFit fit = fit_expansion(problem, {.sines = 400, .sources = 0, .omega = 3.0, .seed = 0}, pool);
  EXPECT_LT(largest_error(problem, fit.expansion, exact), kClose);
  EXPECT_EQ(fit.expansion.pieces().size(), 1U);
  EXPECT_EQ(fit.residuals.count("flux_jump"), 0U);
}

// k = 9 within, 4 around, u decays from the surface: sources are exp(-decay r) / r.
double decaying(Vec3<double> p) {
  const double r = std::max(radius(p), 1e-9);
  return r < 0.5 ? std::sinh(3 * r) / r : std::exp(-2 * r) / r;
}
TEST(ExpansionFit, SolvesWithAbsorption) {
  using namespace nbm::symbols;
  ThreadPool pool(2);
  Problem problem;
  problem.level_set = radius_less(0.5);
  problem.minus.k = 9.0;
  problem.plus.k = 4.0;
  const Symbol r = sqrt(x() * x() + y() * y() + z() * z());
  problem.plus.boundary = Field(Expression(exp(-2.0 * r) / r));
  const double s = std::sinh(1.5), c = std::cosh(1.5), e = std::exp(-1.0);
  problem.jump_u = (e - s) / 0.5;
  problem.jump_flux = (-2 * e / 0.5 - e / 0.25) - (3 * c / 0.5 - s / 0.25);
  const ExpansionFit fit = fit_expansion(problem, {.sines = 300, .sources = 150, .omega = 4.0, .seed = 0}, pool);
  EXPECT_LT(largest_error(problem, fit.expansion, decaying), kClose);
}

// A shell of conductivity 1/100 and thickness 1/10 around a ball in a uniform field: A r, B r + C / r^2 and r + D / r^2
// times cos theta.
struct Coated {
  double a, b, c, d;
};
Coated coated() {
  // Continuity and flux at 0.4 give B and C for A = 1, those at 0.5 the field far away, by which all is divided.
  constexpr double m = 0.01, at = 0.4, end = 0.5;
  const double b = (2 * m + 1) / (3 * m), c = (1 - b) * at * at * at;
  const double value = b * end + c / (end * end), slope = m * (b - 2 * c / (end * end * end));
  const double field = (2 * value / end + slope) / 3, d = (value - field * end) * end * end;
  return {1 / field, b / field, c / field, d / field};
}
double coated_ball(Vec3<double> p) {
  static const Coated u = coated();
  const double r = radius(p);
  return p.z * (r < 0.4 ? u.a : r < 0.5 ? u.b + u.c / (r * r * r) : 1 + u.d / (r * r * r));
}
TEST(ExpansionFit, GivesEachPieceOfASideItsOwnBasis) {
  using namespace nbm::symbols;
  ThreadPool pool(2);
  Problem problem;
  const Symbol r = sqrt(x() * x() + y() * y() + z() * z());
  problem.level_set = Field(Expression(abs(r - 0.45) - 0.05));
  problem.minus.mu = 0.01;
  problem.plus.boundary = Field(Expression(z() * (1.0 + coated().d / (r * r * r))));
  const ExpansionFit fit = fit_expansion(problem, {.sines = 400, .sources = 300, .omega = 4.0, .seed = 0}, pool);
  ASSERT_EQ(fit.expansion.pieces().size(), 3U);
  const index_t inside = fit.expansion.piece_at(Side::plus, {0.0, 0.1, 0.0});
  EXPECT_NE(inside, fit.expansion.piece_at(Side::plus, {0.0, 0.6, 0.0}));
  EXPECT_EQ(inside, fit.expansion.piece_at(Side::plus, {0.0, 0.39, 0.0}));
  EXPECT_EQ(fit.expansion.piece_at(Side::minus, {0.0, 0.45, 0.0}),
            fit.expansion.piece_at(Side::minus, {-0.45, 0.0, 0.0}));
  EXPECT_LT(largest_error(problem, fit.expansion, coated_ball), kClose);
}

TEST(ExpansionFit, TellsBallsApartThatNearlyTouch) {
  using namespace nbm::symbols;
  ThreadPool pool(2);
  Problem problem;
  const auto ball = [](double at) { return sqrt((x() - at) * (x() - at) + y() * y() + z() * z()) - 0.295; };
  problem.level_set = Field(Expression(min(ball(-0.3), ball(0.3))));  // 0.01 apart: half of the labels' spacing
  problem.minus.f = 1.0;
  const ExpansionFit fit = fit_expansion(problem, {.sines = 60, .sources = 40, .omega = 2.0, .seed = 0}, pool);
  EXPECT_EQ(fit.expansion.pieces().size(), 3U);
  EXPECT_NE(fit.expansion.piece_at(Side::minus, {-0.03, 0, 0}), fit.expansion.piece_at(Side::minus, {0.03, 0, 0}));
}

// A charged ball between the nodes of the grid of labels, 1/100 in radius where these are 1/48 apart.
constexpr Vec3<double> kTiny = {1.0 / 96, 1.0 / 96, 1.0 / 96};  // the middle of 8 nodes
double tiny_charge(Vec3<double> p) { return 0.01 / std::max(radius(p - kTiny), 0.01); }
TEST(ExpansionFit, FindsAPieceBetweenTheNodes) {
  using namespace nbm::symbols;
  ThreadPool pool(2);
  Problem problem;
  problem.box = {{-1.0, -1.0, -1.0}, {1.0, 1.0, 1.0}};
  const Symbol r =
      sqrt((x() - kTiny.x) * (x() - kTiny.x) + (y() - kTiny.y) * (y() - kTiny.y) + (z() - kTiny.z) * (z() - kTiny.z));
  problem.level_set = Field(Expression(r - 0.01));
  problem.jump_flux = -0.01 / 1e-4;
  problem.plus.boundary = Field(Expression(0.01 / r));
  for (const bool with_another : {false, true}) {
    if (with_another) {  // on the same side, so that the nearest node is far away
      const Symbol far = sqrt((x() - 0.5) * (x() - 0.5) + y() * y() + z() * z()) - 0.2;
      problem.level_set = Field(Expression(min(r - 0.01, far)));
      problem.jump_flux = Field(Expression(select(less(r, 0.02), -100.0, 0.0)));
    }
    const ExpansionFit fit = fit_expansion(problem, {.sines = 300, .sources = 150, .omega = 4.0, .seed = 0}, pool);
    EXPECT_EQ(fit.expansion.pieces().size(), with_another ? 3U : 2U);
    EXPECT_LT(largest_error(problem, fit.expansion, tiny_charge), kClose);
    const index_t piece = fit.expansion.piece_at(Side::minus, kTiny);
    EXPECT_LT(fit.expansion.pieces()[static_cast<std::size_t>(piece)].half.x, 0.0101);
  }
}

TEST(ExpansionFit, HasTheSameBitsForAnyTeam) {
  const Problem problem = ball_problem();
  std::vector<double> coefficients;
  for (const int threads : {1, 2, 3}) {
    ThreadPool pool(threads);
    const ExpansionFit fit = fit_expansion(problem, {.sines = 60, .sources = 30, .omega = 3.0, .seed = 3}, pool);
    if (threads == 1) coefficients = fit.expansion.coefficients();
    EXPECT_EQ(fit.expansion.coefficients(), coefficients);
  }
}

TEST(ExpansionFit, UnitsOfLengthConductivityAndUDoNotMatter) {
  // The ball in a box of 1 mm, at 300 K, with conductivities of metals: the error scales with the range of u.
  using namespace nbm::symbols;
  ThreadPool pool(2);
  Problem problem;
  problem.box = {{-1e-3, -1e-3, -1e-3}, {1e-3, 1e-3, 1e-3}};
  const Symbol X = 1000.0 * x(), Y = 1000.0 * y(), Z = 1000.0 * z(), r = sqrt(X * X + Y * Y + Z * Z);
  problem.level_set = Field(Expression(0.001 * (r - 0.5)));
  problem.minus.mu = 4000.0;
  problem.plus.mu = 400.0;
  problem.plus.boundary = Field(Expression(300.0 + Z * (1.0 - 9.0 / 12.0 * 0.125 / (r * r * r))));
  const ExpansionFit fit = fit_expansion(problem, {.sines = 300, .sources = 150, .omega = 5.0, .seed = 0}, pool);
  const auto exact = [](Vec3<double> p) { return 300.0 + ball_in_field(1000.0 * p); };
  EXPECT_LT(largest_error(problem, fit.expansion, exact), kClose);
}

TEST(ExpansionFit, ResidualsAreOfPointsThatTheFitHasNotSeen) {
  // Too few unknowns to follow u and mu: both the residual and the error say so, and both fall with more.
  ThreadPool pool(2);
  const Problem problem = nbm::testing::sphere_problem();
  double error = 1.0, residual = 1e9;
  for (const index_t size : {20, 80, 320}) {
    const ExpansionFit fit =
        fit_expansion(problem, {.sines = size, .sources = size / 2, .omega = 3.0, .seed = 0}, pool);
    const double now = largest_error(problem, fit.expansion, nbm::testing::sphere_solution);
    EXPECT_LT(now, 0.5 * error);
    EXPECT_LT(fit.residual, 0.5 * residual);
    double squares = 0.0;
    for (const auto& [group, value] : fit.residuals) squares += value * value;
    EXPECT_NEAR(std::sqrt(squares), fit.residual, 1e-12 * fit.residual);
    error = now;
    residual = fit.residual;
  }
}

TEST(ExpansionSearch, TakesNoMoreUnknownsThanAllowedAndIsRepeatable) {
  ThreadPool pool(2);
  const Problem problem = ball_problem();
  const ExpansionFit fit = search_expansion(problem, {.most_unknowns = 1500, .tolerance = 1e-6, .seed = 0}, pool);
  EXPECT_LE(fit.unknowns, 1500);
  EXPECT_LT(largest_error(problem, fit.expansion, ball_in_field), kClose);
  const ExpansionFit again = search_expansion(problem, {.most_unknowns = 1500, .tolerance = 1e-6, .seed = 0}, pool);
  EXPECT_EQ(fit.expansion.coefficients(), again.expansion.coefficients());
  EXPECT_EQ(fit.options.omega, again.options.omega);
}

// A ball with a source, of a tenth of the conductivity: few functions are enough, and more lose digits to round-off.
double heated_ball(Vec3<double> p) {
  const double r = radius(p);
  return r < 0.5 ? 0.125 / 1.5 + (0.25 - r * r) / 0.6 : 0.125 / (3.0 * r);
}

TEST(ExpansionSearch, TakesFewFunctionsWhereTheyAreEnough) {
  using namespace nbm::symbols;
  ThreadPool pool(2);
  Problem problem = ball_problem();
  problem.minus.mu = 0.1;
  problem.minus.f = 1.0;
  problem.plus.boundary = Field(Expression(0.125 / (3.0 * sqrt(x() * x() + y() * y() + z() * z()))));
  const ExpansionSearch search;
  const ExpansionFit fit = search_expansion(problem, search, pool);
  const ExpansionFit larger = fit_expansion(problem, {}, pool);
  EXPECT_LT(fit.unknowns, larger.unknowns / 2);
  EXPECT_LT(largest_error(problem, fit.expansion, heated_ball), largest_error(problem, larger.expansion, heated_ball));
}

TEST(ExpansionSearch, DoesNotDependOnTheUnitOfU) {
  using namespace nbm::symbols;
  ThreadPool pool(2);
  std::vector<index_t> unknowns;
  for (const double unit : {1.0, 1e-6, 1e4}) {
    Problem problem;  // without an interface, u = sin 2x e^z
    problem.plus.f = Field(Expression(3.0 * unit * sin(2.0 * x()) * exp(z())));
    problem.plus.boundary = Field(Expression(unit * sin(2.0 * x()) * exp(z())));
    const ExpansionFit fit = search_expansion(problem, {.most_unknowns = 1100, .tolerance = 1e-6, .seed = 0}, pool);
    EXPECT_LE(fit.residual, 1e-6 * fit.right_side);
    unknowns.push_back(fit.unknowns);
  }
  EXPECT_EQ(unknowns[1], unknowns[0]);
  EXPECT_EQ(unknowns[2], unknowns[0]);
}

TEST(ExpansionFit, RefusesBadInput) {
  ThreadPool pool(1);
  Problem problem = ball_problem();
  EXPECT_THROW(fit_expansion(problem, {.sines = -1, .sources = 10, .omega = 2.0, .seed = 0}, pool), InvalidArgument);
  EXPECT_THROW(fit_expansion(problem, {.sines = 10, .sources = -1, .omega = 2.0, .seed = 0}, pool), InvalidArgument);
  EXPECT_THROW(fit_expansion(problem, {.sines = 10, .sources = 10, .omega = 0.0, .seed = 0}, pool), InvalidArgument);
  EXPECT_THROW(fit_expansion(problem, {.sines = 10, .sources = 10, .omega = NAN, .seed = 0}, pool), InvalidArgument);
  EXPECT_THROW(fit_expansion(problem, {.sines = 10, .sources = 10, .omega = 2.0, .seed = 0, .reach = 0.0}, pool),
               InvalidArgument);
  EXPECT_THROW(search_expansion(problem, {.most_unknowns = 10, .tolerance = 0.0, .seed = 0}, pool), InvalidArgument);
  EXPECT_THROW(search_expansion(problem, {.most_unknowns = 999, .tolerance = -1.0, .seed = 0}, pool), InvalidArgument);
  const ExpansionOptions small{.sines = 20, .sources = 10, .omega = 2.0, .seed = 0};
  problem.minus.mu = -1.0;
  EXPECT_THROW(fit_expansion(problem, small, pool), InvalidField);
  problem.minus.mu = 1.0;
  problem.plus.f = std::nan("");
  EXPECT_THROW(fit_expansion(problem, small, pool), InvalidField);
}

}  // namespace
