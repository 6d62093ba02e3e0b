#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "nbm/core/error.hpp"
#include "nbm/network/siren.hpp"

namespace {

using nbm::initial_parameters;
using nbm::Side;
using nbm::Siren;

TEST(Siren, CountsParametersAsPublished) {
  EXPECT_EQ(Siren{}.parameter_count(), 491);
  EXPECT_EQ((Siren{.hidden = {100}}.parameter_count()), 501);
  EXPECT_EQ((Siren{.hidden = {4, 7}}.parameter_count()), 4 * 4 + 7 * 5 + 8);
}

TEST(Siren, RejectsWhatIsNoNetwork) {
  for (const Siren& bad : {Siren{.hidden = {}}, Siren{.hidden = {0}}, Siren{.hidden = {10, -1}}, Siren{.omega = 0.0},
                           Siren{.omega = NAN}, Siren{.gamma = -1.0}}) {
    EXPECT_THROW(bad.validate(), nbm::InvalidArgument);
  }
}

TEST(Siren, InitialParametersFillTheirRanges) {
  const Siren siren{.hidden = {50, 60}, .omega = 3.0, .gamma = 1.2};
  const auto p = initial_parameters(siren, 7, Side::minus);
  ASSERT_EQ(static_cast<nbm::index_t>(p.size()), siren.parameter_count());
  const auto check = [&](std::size_t begin, std::size_t count, double bound) {
    const auto [least, most] = std::minmax_element(p.begin() + begin, p.begin() + begin + count);
    EXPECT_LE(std::max(-*least, *most), bound);
    EXPECT_GE(*most - *least, bound);  // of the width 2 bound: at 50 draws missed with probability 2^-44
  };
  check(0, 150, 1.0);                       // first weights
  check(150, 50, 1.0);                      // first biases
  check(200, 3000, 1.2 / std::sqrt(50.0));  // hidden weights
  check(3200, 60, 1.0);                     // hidden biases
  check(3260, 60, 1.2 / std::sqrt(60.0));   // output weights
  EXPECT_EQ(p.back(), 0.0);                 // output bias
}

TEST(Siren, InitialParametersDependOnSeedAndSide) {
  const Siren siren;
  EXPECT_EQ(initial_parameters(siren, 1, Side::minus), initial_parameters(siren, 1, Side::minus));
  EXPECT_NE(initial_parameters(siren, 1, Side::minus), initial_parameters(siren, 2, Side::minus));
  EXPECT_NE(initial_parameters(siren, 1, Side::minus), initial_parameters(siren, 1, Side::plus));
}

TEST(Siren, WavesAlongPeriodicAxesAreIntegers) {
  const Siren plain{.hidden = {40, 3}, .omega = 7.0},
      periodic{.hidden = {40, 3}, .omega = 7.0, .periodic = {true, false, true}};
  const auto p = initial_parameters(periodic, 3, Side::plus), q = initial_parameters(plain, 3, Side::plus);
  ASSERT_EQ(p.size(), q.size());
  std::set<int> turns;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (i >= 120 || i % 3 == 1) {
      EXPECT_EQ(p[i], q[i]) << i;
      continue;
    }
    const double wave = 7.0 * p[i] / std::numbers::pi;
    EXPECT_NEAR(wave, std::round(wave), 1e-14) << i;
    turns.insert(static_cast<int>(std::round(wave)));
  }
  EXPECT_EQ(turns, (std::set<int>{-2, -1, 0, 1, 2}));
  // Sine and cosine of each axis.
  for (const std::size_t neuron : {0, 1, 2, 3}) {
    EXPECT_EQ(p[3 * neuron] != 0.0, neuron < 2);
    EXPECT_EQ(p[3 * neuron + 2] != 0.0, neuron >= 2);
  }
  EXPECT_TRUE(nbm::has_periods(periodic, p));
  EXPECT_FALSE(nbm::has_periods(periodic, q));
  EXPECT_TRUE(nbm::has_periods(plain, q));
}

}  // namespace
