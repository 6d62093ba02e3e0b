#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "nbm/core/error.hpp"
#include "nbm/network/expansion.hpp"
#include "network/basis_view.hpp"
#include "reference_expansion.hpp"
#include "sample_basis.hpp"

namespace {

using nbm::Expansion;
using nbm::index_t;
using nbm::PieceBasis;
using nbm::PieceLabels;
using nbm::Points;
using nbm::Side;
using nbm::Vec3;
using nbm::reference::Place;
using nbm::reference::Real;
using nbm::testing::kWall;
using nbm::testing::sample_basis;

Points random_points(index_t count, double reach) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> draw(-reach, reach);
  Points points;
  for (index_t i = 0; i < count; ++i) points.push_back({draw(random), draw(random), draw(random)});
  return points;
}

std::vector<double> random_coefficients(index_t count) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> draw;
  std::vector<double> coefficients(static_cast<std::size_t>(count));
  for (double& c : coefficients) c = draw(random);
  return coefficients;
}

std::vector<double> kernel_row(const PieceBasis& basis, Vec3<double> x, const nbm::RowWeights& weights) {
  const nbm::PreparedBasis prepared(basis);
  std::vector<double> row(static_cast<std::size_t>(basis.size()), NAN);
  prepared.row(x, weights, row.data());
  return row;
}

// 5 sines and 3 sources of each mask leave lanes empty; 16 and 8 fill them.
struct Shape {
  index_t sines, sources;
  double decay;
};
class Basis : public ::testing::TestWithParam<Shape> {
 protected:
  PieceBasis basis = sample_basis(GetParam().sines, GetParam().sources, GetParam().decay);
};

TEST_P(Basis, RowsAreValuesAndDerivativesOfTheSlowFunctions) {
  for (const Vec3<double> x : {Vec3<double>{0.3, -0.45, 0.1}, {-0.5, 0.2, 0.5}, {0.0, 0.0, 0.0}}) {
    const Place place = {x.x, x.y, x.z};
    const auto value = kernel_row(basis, x, {1.0, {}, {}});
    for (std::size_t j = 0; j < value.size(); ++j) {
      const auto f = [&](const Place& p) { return nbm::reference::basis_function(basis, j, p); };
      EXPECT_NEAR(value[j], static_cast<double>(f(place)), 1e-14);
    }
    for (std::size_t k = 0; k < nbm::kDim; ++k) {
      nbm::RowWeights first{}, second{};
      first.first[k] = 1.0;
      second.second[k] = 1.0;
      const auto slope = kernel_row(basis, x, first), bend = kernel_row(basis, x, second);
      for (std::size_t j = 0; j < value.size(); ++j) {
        const auto f = [&](const Place& p) { return nbm::reference::basis_function(basis, j, p); };
        // Truncation: 0.004^6 times a seventh or eighth derivative over 140, 8! / 0.6^8 for the nearest source.
        EXPECT_NEAR(slope[j], static_cast<double>(nbm::reference::first_derivative(f, place, k)), 1e-10) << j;
        EXPECT_NEAR(bend[j], static_cast<double>(nbm::reference::second_derivative(f, place, k)), 1e-9) << j;
      }
    }
  }
}

TEST_P(Basis, RowsAreLinearInTheirWeights) {
  const Vec3<double> x = {0.2, 0.1, -0.4};
  const nbm::RowWeights all = {0.5, {1.0, -2.0, 3.0}, {-0.3, 0.2, 0.1}};
  const auto row = kernel_row(basis, x, all), value = kernel_row(basis, x, {0.5, {}, {}});
  const auto slopes = kernel_row(basis, x, {0.0, {1.0, -2.0, 3.0}, {}});
  const auto bends = kernel_row(basis, x, {0.0, {}, {-0.3, 0.2, 0.1}});
  for (std::size_t j = 0; j < row.size(); ++j) EXPECT_NEAR(row[j], value[j] + slopes[j] + bends[j], 1e-12);
}

TEST_P(Basis, SourcesSolveTheirEquation) {
  // lap u = decay^2 u, whatever the images.
  for (const Vec3<double> x : {Vec3<double>{0.3, -0.45, 0.1}, {-0.8, 0.7, 0.9}}) {
    const auto value = kernel_row(basis, x, {1.0, {}, {}}),
               laplacian = kernel_row(basis, x, {0.0, {}, {1.0, 1.0, 1.0}});
    for (index_t j = nbm::kMonomials + basis.sines(); j < basis.size(); ++j) {
      const auto i = static_cast<std::size_t>(j);
      // The second derivatives that cancel are 2 / r^2 of the value, at distances r above 0.1.
      EXPECT_NEAR(laplacian[i], basis.decay * basis.decay * value[i], 1e-11);
    }
  }
}

TEST_P(Basis, ImagesMakeSourcesVanishOnTheirWalls) {
  const auto first = static_cast<std::size_t>(nbm::kMonomials + basis.sines());
  bool some = false;
  for (int k = 0; k < nbm::kDim; ++k) {
    Vec3<double> x = {0.3, -0.2, 0.6};
    x[k] = kWall;
    const auto value = kernel_row(basis, x, {1.0, {}, {}});
    for (std::size_t j = 0; j < basis.reach.size(); ++j) {
      if ((basis.mirrors[j] >> k & 1) == 0) {
        EXPECT_GT(std::abs(value[first + j]), 1e-6);
        continue;
      }
      some = true;
      EXPECT_NEAR(value[first + j], 0.0, 1e-15);
    }
  }
  EXPECT_EQ(some, GetParam().sources > 0);
}

TEST_P(Basis, ImagesOfTheSameSignLetNoFluxThroughTheirWalls) {
  const auto first = static_cast<std::size_t>(nbm::kMonomials + basis.sines());
  for (std::uint8_t& mask : basis.mirrors) mask = static_cast<std::uint8_t>(mask | mask << nbm::kDim);
  for (int k = 0; k < nbm::kDim; ++k) {
    Vec3<double> x = {0.3, -0.2, 0.6};
    x[k] = kWall;
    nbm::RowWeights slope{};
    slope.first[k] = 1.0;
    const auto value = kernel_row(basis, x, {1.0, {}, {}}), flux = kernel_row(basis, x, slope);
    for (std::size_t j = 0; j < basis.reach.size(); ++j) {
      EXPECT_GT(std::abs(value[first + j]), 1e-6);
      if ((basis.mirrors[j] >> k & 1) != 0) {
        EXPECT_NEAR(flux[first + j], 0.0, 1e-14);
      }
    }
  }
}

TEST_P(Basis, SumsAreThoseOfTheSlowFunctions) {
  const Expansion expansion({-1, -1, -1}, {1, 1, 1}, {basis}, {.cells = {}, .label = {}, .only = {-1, 0}},
                            random_coefficients(basis.size()));
  nbm::ThreadPool pool(1);
  for (const index_t count : {0, 1, 7, 131}) {
    const Points points = random_points(count, 0.9);
    const std::size_t n = points.x.size();
    std::vector<double> values(n, 1.0), again(n, 1.0), gx(n, 2.0), gy(n, 2.0), gz(n, 2.0);
    expansion.add(Side::plus, points.view(), values, pool);
    expansion.add_gradient(Side::plus, points.view(), again, {gx, gy, gz}, pool);
    const std::vector<double>* slopes[] = {&gx, &gy, &gz};
    for (std::size_t i = 0; i < n; ++i) {
      const Place place = {points.x[i], points.y[i], points.z[i]};
      const auto f = [&](const Place& p) {
        Real sum = 0;
        for (std::size_t j = 0; j < expansion.coefficients().size(); ++j) {
          sum += expansion.coefficients()[j] * nbm::reference::basis_function(basis, j, p);
        }
        return sum;
      };
      EXPECT_NEAR(values[i], 1.0 + static_cast<double>(f(place)), 1e-12);  // ten to a hundred terms of size 1
      EXPECT_NEAR(again[i], values[i], 1e-12);
      for (std::size_t k = 0; k < nbm::kDim; ++k) {
        // Sources as near as 0.2: 0.004^6 / 140 times 7! / 0.2^7.
        EXPECT_NEAR((*slopes[k])[i], 2.0 + static_cast<double>(nbm::reference::first_derivative(f, place, k)), 1e-7);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Basis,
                         ::testing::Values(Shape{5, 3, 0.0}, Shape{5, 3, 3.0}, Shape{16, 8, 0.0}, Shape{0, 1, 3.0},
                                           Shape{9, 0, 0.0}));

// Two pieces of the minus side, in the halves x < 0 and x > 0 of a box, and one of the plus side: u is the number of
// the piece plus 1.
Expansion three_constants(Vec3<double> lower, Vec3<double> upper) {
  std::vector<PieceBasis> pieces(3);
  pieces[2].side = Side::minus;
  pieces[0].side = Side::minus;
  for (PieceBasis& piece : pieces) piece.half = {1, 1, 1};
  std::vector<double> coefficients(3 * nbm::kMonomials, 0.0);
  for (std::size_t p = 0; p < 3; ++p) coefficients[p * nbm::kMonomials] = static_cast<double>(p) + 1.0;
  PieceLabels labels{.cells = {3, 1, 1}, .label = {}, .only = {-1, 1}};
  labels.label[0] = {0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2};
  return {lower, upper, pieces, labels, coefficients};
}

TEST(Expansion, AsksTheNearestNodeForThePiece) {
  const Expansion expansion = three_constants({-3, 0, 0}, {3, 1, 2});
  nbm::ThreadPool pool(1);
  Points points;
  for (const double x : {-9.0, -3.0, -0.1, 0.1, 2.9, 3.0, 7.0}) points.push_back({x, 0.4, 1.9});
  std::vector<double> minus(points.x.size(), 0.0), plus(minus);
  expansion.add(Side::minus, points.view(), minus, pool);
  expansion.add(Side::plus, points.view(), plus, pool);
  EXPECT_EQ(minus, (std::vector<double>{1, 1, 1, 3, 3, 3, 3}));
  EXPECT_EQ(plus, std::vector<double>(7, 2.0));
  EXPECT_EQ(expansion.piece_at(Side::minus, {0.2, 0, 0}), 2);
}

TEST(Expansion, AddsNothingWhereASideHasNoPieceOrThereIsNone) {
  const PieceBasis basis = sample_basis(3, 0, 0.0);
  const Expansion expansion({-1, -1, -1}, {1, 1, 1}, {basis}, {.cells = {}, .label = {}, .only = {-1, 0}},
                            random_coefficients(basis.size()));
  nbm::ThreadPool pool(1);
  const Points points = random_points(9, 1.0);
  std::vector<double> values(9, 4.0);
  expansion.add(Side::minus, points.view(), values, pool);
  Expansion().add(Side::plus, points.view(), values, pool);
  EXPECT_EQ(values, std::vector<double>(9, 4.0));
  EXPECT_TRUE(Expansion().empty());
}

TEST(Expansion, DifferencesAreDerivativesTimesSteps) {
  const PieceBasis basis = sample_basis(6, 2, 1.0);
  const Expansion expansion({-10, -10, -10}, {10, 10, 10}, {basis}, {.cells = {}, .label = {}, .only = {-1, 0}},
                            random_coefficients(basis.size()));
  nbm::ThreadPool pool(1);
  const Vec3<double> x = {0.2, -0.1, 0.4}, step = {0.5, 0.25, 0.125};
  Points point;
  point.push_back(10.0 * x);
  std::vector<double> value(1, 1.0), first[3], second[3];
  for (int k = 0; k < 3; ++k) first[k] = second[k] = {1.0};
  expansion.add_differences(Side::plus, point.view(), step, value, {first[0], first[1], first[2]},
                            {second[0], second[1], second[2]}, pool);
  const auto dot = [&](const nbm::RowWeights& weights) {
    const auto row = kernel_row(basis, x, weights);
    double sum = 1.0;
    for (std::size_t j = 0; j < row.size(); ++j) sum += expansion.coefficients()[j] * row[j];
    return sum;
  };
  EXPECT_NEAR(value[0], dot({1.0, {}, {}}), 1e-12);
  for (int k = 0; k < 3; ++k) {
    nbm::RowWeights slope{}, bend{};
    slope.first[k] = step[k] / 10.0;
    bend.second[k] = step[k] * step[k] / 100.0;
    EXPECT_NEAR(first[k][0], dot(slope), 1e-12);
    EXPECT_NEAR(second[k][0], dot(bend), 1e-12);
  }
}

TEST(Expansion, ItsGradientIsByBoxCoordinates) {
  // The same function in a box ten times as large has a tenth of the gradient.
  const PieceBasis basis = sample_basis(6, 2, 0.0);
  const auto coefficients = random_coefficients(basis.size());
  const PieceLabels labels{.cells = {}, .label = {}, .only = {-1, 0}};
  const Expansion small({-1, -1, -1}, {1, 1, 1}, {basis}, labels, coefficients);
  const Expansion large({-10, -10, -10}, {10, 10, 10}, {basis}, labels, coefficients);
  nbm::ThreadPool pool(1);
  const Points near = random_points(20, 0.9);
  Points far;
  for (index_t i = 0; i < near.size(); ++i) far.push_back(10.0 * near[i]);
  std::vector<double> u(20, 0.0), v(20, 0.0), g[3], s[3];
  for (int k = 0; k < 3; ++k) g[k] = s[k] = std::vector<double>(20, 0.0);
  small.add_gradient(Side::plus, near.view(), u, {g[0], g[1], g[2]}, pool);
  large.add_gradient(Side::plus, far.view(), v, {s[0], s[1], s[2]}, pool);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_NEAR(u[i], v[i], 1e-12);
    for (int k = 0; k < 3; ++k) EXPECT_NEAR(g[k][i], 10.0 * s[k][i], 1e-11);
  }
}

TEST(Expansion, HasTheSameBitsForAnyTeam) {
  const Expansion expansion = [] {
    std::vector<PieceBasis> pieces = {sample_basis(21, 5, 2.0), sample_basis(3, 2, 0.0)};
    pieces[0].side = pieces[1].side = Side::minus;
    PieceLabels labels{.cells = {1, 1, 1}, .label = {}, .only = {-1, -1}};
    labels.label[0] = {0, 1, 1, 0, 0, 1, 0, 1};
    const index_t unknowns = pieces[0].size() + pieces[1].size();
    return Expansion({-1, -1, -1}, {1, 1, 1}, pieces, labels, random_coefficients(unknowns));
  }();
  const Points points = random_points(5000, 1.0);
  std::vector<double> values[2], slope[2][3];
  for (int t = 0; t < 2; ++t) {
    nbm::ThreadPool pool(1 + t);
    values[t].assign(5000, 0.0);
    for (auto& s : slope[t]) s.assign(5000, 0.0);
    expansion.add_gradient(Side::minus, points.view(), values[t], {slope[t][0], slope[t][1], slope[t][2]}, pool);
  }
  EXPECT_EQ(values[0], values[1]);
  for (int k = 0; k < 3; ++k) EXPECT_EQ(slope[0][k], slope[1][k]);
}

TEST(Expansion, RefusesWhatDoesNotFit) {
  const PieceBasis basis = sample_basis(3, 1, 0.0);
  const PieceLabels one{.cells = {}, .label = {}, .only = {-1, 0}};
  const auto make = [](PieceBasis piece, PieceLabels labels, index_t coefficients) {
    return Expansion({-1, -1, -1}, {1, 1, 1}, {std::move(piece)}, std::move(labels), random_coefficients(coefficients));
  };
  EXPECT_NO_THROW(make(basis, one, basis.size()));
  EXPECT_THROW(make(basis, one, basis.size() - 1), nbm::InvalidArgument);
  PieceBasis uneven = basis;
  uneven.wave[1].pop_back();
  EXPECT_THROW(make(uneven, one, basis.size()), nbm::InvalidArgument);
  PieceBasis flat = basis;
  flat.half.y = 0.0;
  EXPECT_THROW(make(flat, one, basis.size()), nbm::InvalidArgument);
  PieceBasis unknown_wall = basis;
  unknown_wall.mirrors[0] = 64;
  EXPECT_THROW(make(unknown_wall, one, basis.size()), nbm::InvalidArgument);
  EXPECT_THROW(make(basis, {.cells = {}, .label = {}, .only = {-1, 1}}, basis.size()), nbm::InvalidArgument);
  PieceLabels few{.cells = {1, 1, 1}, .label = {}, .only = {-1, -1}};
  few.label[1] = {0, 0, 0};
  EXPECT_THROW(make(basis, few, basis.size()), nbm::InvalidArgument);
  few.label[1].assign(8, 1);
  EXPECT_THROW(make(basis, few, basis.size()), nbm::InvalidArgument);
}

}  // namespace
