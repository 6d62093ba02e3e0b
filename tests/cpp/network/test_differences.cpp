#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "nbm/network/siren_point.hpp"
#include "network/prepared_network.hpp"
#include "reference_network.hpp"

// The difference form of one point (docs/method.md, section 5) against differences of values in long double.
namespace {

using nbm::kDim;
using nbm::kFirst;
using nbm::kQuantities;
using nbm::kSecond;
using nbm::kValue;
using nbm::Siren;
using nbm::Vec3;

std::vector<double> random_parameters(const Siren& siren, unsigned seed) {
  auto p = nbm::initial_parameters(siren, seed, nbm::Side::plus);
  p.back() = 0.3;
  return p;
}

std::vector<Vec3<double>> random_points(int count) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> draw(-1.0, 1.0);
  std::vector<Vec3<double>> points;
  // Rounded to single precision, so that both precisions see the same points.
  for (int i = 0; i < count; ++i) {
    const auto next = [&] { return static_cast<double>(static_cast<float>(draw(random))); };
    points.push_back({next(), next(), next()});
  }
  return points;
}

template <class S>
void differences(const nbm::PreparedNetwork<S>& network, Vec3<double> point, S (&out)[kQuantities]) {
  const auto& view = network.view();
  std::vector<S> memory(static_cast<std::size_t>(nbm::siren_workspace(view.width, view.depth, kQuantities)));
  const S x[kDim] = {static_cast<S>(point.x), static_cast<S>(point.y), static_cast<S>(point.z)};
  nbm::siren_differences(view, x, memory.data(), out);
}

// Half and second differences by values in long double.
std::vector<long double> reference_differences(const Siren& siren, const std::vector<double>& p, Vec3<double> point,
                                               double h) {
  const Vec3<long double> x{point.x, point.y, point.z};
  std::vector<long double> out(kQuantities);
  out[kValue] = nbm::reference::network(siren, p, x);
  for (int k = 0; k < kDim; ++k) {
    Vec3<long double> above = x, below = x;
    above[k] += h;
    below[k] -= h;
    const long double up = nbm::reference::network(siren, p, above), down = nbm::reference::network(siren, p, below);
    out[static_cast<std::size_t>(kFirst + k)] = (up - down) / 2;
    out[static_cast<std::size_t>(kSecond + k)] = up - 2 * out[kValue] + down;
  }
  return out;
}

// Parameters in the precision of the network, so that the reference is of the same network.
template <class S>
std::vector<double> rounded(std::vector<double> p) {
  for (double& v : p) v = static_cast<double>(static_cast<S>(v));
  return p;
}

// Largest error of the Laplacian sum_k s_k, of the slope and of the value over points, relative to the largest of each.
template <class S>
double worst_relative_error(const Siren& siren, double h) {
  const auto p = rounded<S>(random_parameters(siren, 3));
  const nbm::PreparedNetwork<S> network(siren, p, {h, h, h});
  double error[3] = {}, size[3] = {};
  for (const Vec3<double>& point : random_points(200)) {
    S out[kQuantities];
    differences(network, point, out);
    const auto exact = reference_differences(siren, p, point, h);
    long double laplacian = 0, exact_laplacian = 0, slope = 0, exact_slope = 0;
    for (int k = 0; k < kDim; ++k) {
      laplacian += out[kSecond + k];
      exact_laplacian += exact[static_cast<std::size_t>(kSecond + k)];
      slope += out[kFirst + k];
      exact_slope += exact[static_cast<std::size_t>(kFirst + k)];
    }
    const long double found[3] = {laplacian, slope, out[kValue]};
    const long double wanted[3] = {exact_laplacian, exact_slope, exact[kValue]};
    for (int i = 0; i < 3; ++i) {
      error[i] = std::max(error[i], static_cast<double>(std::fabs(found[i] - wanted[i])));
      size[i] = std::max(size[i], static_cast<double>(std::fabs(wanted[i])));
    }
  }
  return std::max({error[0] / size[0], error[1] / size[1], error[2] / size[2]});
}

TEST(Differences, SinglePrecisionHoldsAtEveryResolution) {
  for (int level = 4; level <= 14; ++level) {
    const double h = std::ldexp(1.0, -level);
    const double error = worst_relative_error<float>(Siren{}, h);
    RecordProperty("error_2^-" + std::to_string(level), std::to_string(error));
    EXPECT_LE(error, 1e-6) << "h = 2^-" << level;
  }
}

TEST(Differences, DoublePrecisionHoldsAtEveryResolution) {
  // Long double differences themselves lose eps / h^2 = 1.1e-19 * 2^28 = 3e-11 at the finest.
  for (int level = 4; level <= 14; level += 2) {
    EXPECT_LE(worst_relative_error<double>(Siren{}, std::ldexp(1.0, -level)), 1e-10) << "h = 2^-" << level;
  }
}

TEST(Differences, HoldsForLargeStepsAndFrequencies) {
  // Half differences beyond the range of the small-argument polynomials, in every layer.
  const Siren siren{.hidden = {16, 12}, .omega = 40.0, .gamma = 6.0};
  EXPECT_LE(worst_relative_error<double>(siren, 0.25), 1e-12);
  // In float from the shortest polynomials to none. The first sine's argument, of about omega, is four times rounded;
  // what follows is allowed four units of its own.
  const double eps = std::numeric_limits<float>::epsilon();
  for (const double omega : {1.0, 2.0, 6.0, 12.0, 40.0}) {
    const Siren shape{.hidden = {16, 12}, .omega = omega, .gamma = 6.0};
    EXPECT_LE(worst_relative_error<float>(shape, 0.0625), (2 * omega + 4) * eps) << omega;
  }
}

// sin e, cos e - 1, sin d and cos d - 1 in float, of half second differences e and first differences d along an axis.
void check_difference_sines(double first, double half) {
  const auto d = static_cast<float>(first), e = static_cast<float>(half);
  const float pre[kQuantities] = {0.5F, d, -d / 3, d / 7, e, e / 5, -e / 2};
  float sin_half[kDim], cosm1_half[kDim], sin_first[kDim], cosm1_first[kDim];
  nbm::detail::difference_sines(pre, sin_half, cosm1_half, sin_first, cosm1_first);
  const auto expect = [&](float found, long double exact) {
    const double eps = std::numeric_limits<float>::epsilon();
    EXPECT_LE(std::fabs(static_cast<double>((found - exact) / exact)), 4 * eps) << first << ", " << half;
  };
  for (int k = 0; k < kDim; ++k) {
    const long double of_first = pre[kFirst + k], of_half = pre[kSecond + k];
    expect(sin_first[k], std::sin(of_first));
    expect(cosm1_first[k], -2 * std::sin(of_first / 2) * std::sin(of_first / 2));
    expect(sin_half[k], std::sin(of_half));
    expect(cosm1_half[k], -2 * std::sin(of_half / 2) * std::sin(of_half / 2));
  }
}

TEST(Differences, SinesAreExactInEveryRange) {
  for (const double first : {1e-3, 0.1, 0.37}) check_difference_sines(first, first * first / 4);  // short polynomials
  check_difference_sines(1e-3, 0.069);
  check_difference_sines(0.42, 0.01);  // three terms
  check_difference_sines(0.01, 0.08);
  check_difference_sines(0.7, 0.2);
  check_difference_sines(0.9, 0.1);  // any size
  check_difference_sines(0.1, 1.3);
  check_difference_sines(2.5, 2.0);
}

struct RecordingSink {
  std::vector<double>& gradient;
  std::vector<int>& calls;
  void add(int parameter, double derivative) const {
    gradient[static_cast<std::size_t>(parameter)] += derivative;
    ++calls[static_cast<std::size_t>(parameter)];
  }
};

class DifferencesAdjoint : public ::testing::TestWithParam<Siren> {};

// <J v, w> = <v, J' w> with J v by central differences of the parameters, and every parameter reported once.
TEST_P(DifferencesAdjoint, IsTheTransposeOfTheDerivative) {
  const Siren siren = GetParam();
  const double h = 0.05;
  const auto p = random_parameters(siren, 11);
  std::mt19937_64 random(13);
  std::uniform_real_distribution<double> draw(-1.0, 1.0);
  std::vector<double> v(p.size());
  for (double& value : v) value = draw(random);
  double seed[kQuantities];
  for (double& value : seed) value = draw(random);

  const nbm::PreparedNetwork<double> network(siren, p, {h, 2 * h, 0.5 * h});
  const auto& view = network.view();
  std::vector<double> memory(static_cast<std::size_t>(nbm::siren_workspace(view.width, view.depth, kQuantities)));
  const double x[kDim] = {0.3, -0.7, 0.2};
  double out[kQuantities];
  nbm::siren_differences(view, x, memory.data(), out);
  std::vector<double> gradient(p.size(), 0.0);
  std::vector<int> calls(p.size(), 0);
  RecordingSink sink{gradient, calls};
  nbm::siren_differences_adjoint(view, x, memory.data(), seed, sink);
  for (const int count : calls) EXPECT_EQ(count, 1);

  // Fourth-order differences: error ~ step^4 + eps / step.
  const double step = 1e-3;
  const auto along = [&](double t) {
    auto moved = p;
    for (std::size_t i = 0; i < p.size(); ++i) moved[i] += t * v[i];
    double values[kQuantities];
    differences(nbm::PreparedNetwork<double>(siren, moved, {h, 2 * h, 0.5 * h}), {x[0], x[1], x[2]}, values);
    double sum = 0;
    for (int q = 0; q < kQuantities; ++q) sum += seed[q] * values[q];
    return sum;
  };
  const double forward = (8 * (along(step) - along(-step)) - (along(2 * step) - along(-2 * step))) / (12 * step);
  double backward = 0, size = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    backward += v[i] * gradient[i];
    size += std::fabs(v[i] * gradient[i]);
  }
  EXPECT_NEAR(forward, backward, 1e-8 * size);
}

INSTANTIATE_TEST_SUITE_P(Shapes, DifferencesAdjoint,
                         ::testing::Values(Siren{}, Siren{.hidden = {100}}, Siren{.hidden = {1}},
                                           Siren{.hidden = {3, 8, 5}, .omega = 7.0},
                                           Siren{.hidden = {33, 2, 17, 4, 4, 4, 4, 9}}));

}  // namespace
