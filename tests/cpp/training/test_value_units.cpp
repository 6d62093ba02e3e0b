#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "nbm/core/error.hpp"
#include "nbm/problem/symbols.hpp"
#include "nbm/training/trainer.hpp"
#include "row_fixture.hpp"
#include "training/host_rows.hpp"
#include "training/value_units.hpp"

namespace {

using nbm::Discretization;
using nbm::Problem;
using nbm::Trainer;
using nbm::TrainingOptions;
using nbm::ValueScale;
using nbm::testing::sphere_problem;

TrainingOptions small(Discretization discretization) {
  TrainingOptions options;
  options.network.hidden = {6, 5};
  options.resolution.coarsest = {0.1, 0.1, 0.1};
  options.sampling.counts = {150, 100, 60};
  options.discretization = discretization;
  options.precision = nbm::Precision::float64;
  options.optimizer = nbm::GaussNewtonOptions{.steps = 8, .starts = 1};
  options.threads = 1;
  return options;
}

class ValueUnits : public testing::TestWithParam<Discretization> {};
INSTANTIATE_TEST_SUITE_P(Discretizations, ValueUnits,
                         testing::Values(Discretization::bochkov_gibou, Discretization::direct_jump));

// Residuals of u are `scale` times those of v, with k and both sides' shifts in play.
TEST_P(ValueUnits, ResidualsAreThoseOfUDividedByTheScale) {
  Problem problem = sphere_problem();
  problem.minus.k = 2.0;
  TrainingOptions options = small(GetParam());
  nbm::ThreadPool pool(1);
  std::vector<double> networks = nbm::testing::both_networks(options.network, 3);
  nbm::RowSet plain, scaled;
  nbm::HostRowMaker(problem, options, 0, 1, pool).assemble(0, options.resolution.coarsest, plain);
  const auto of_u = nbm::loss_sums(options.network, networks, plain, options.precision, pool);
  options.value_scale = 250.0;
  options.value_shift = {30.0, -7.0};
  nbm::HostRowMaker(problem, options, 0, 1, pool).assemble(0, options.resolution.coarsest, scaled);
  nbm::from_values(options.network, {}, options.values(), networks);
  const auto of_v = nbm::loss_sums(options.network, networks, scaled, options.precision, pool);
  for (std::size_t g = 0; g < nbm::kMostGroups; ++g) {
    EXPECT_EQ(of_u.rows[g], of_v.rows[g]);
    // Round-off of values near 30 in residuals, divided by the smallest of these.
    EXPECT_NEAR(of_v.squares[g] * 250.0 * 250.0, of_u.squares[g], 1e-8 * of_u.squares[g]) << g;
  }
}

// Units from the data of the problem.
TrainingOptions automatic() {
  TrainingOptions options;
  options.value_scale.reset();
  options.value_shift.reset();
  return options;
}

TEST(ValueUnits, NetworksGoThereAndBack) {
  const nbm::Siren siren{{4, 3}, 2.0, 1.5};
  const std::vector<double> start = nbm::testing::both_networks(siren, 1);
  std::vector<double> networks = start;
  const ValueScale values{1e4, {300.0, 299.0}};
  nbm::to_values(siren, {}, values, networks);
  const auto count = static_cast<std::size_t>(siren.parameter_count());
  EXPECT_EQ(networks[count - 1], 300.0);  // the bias starts at 0
  EXPECT_EQ(networks.back(), 299.0);
  EXPECT_EQ(networks[count - 2], 1e4 * start[count - 2]);
  EXPECT_EQ(networks[0], start[0]);
  nbm::from_values(siren, {}, values, networks);
  for (std::size_t i = 0; i < start.size(); ++i) EXPECT_NEAR(networks[i], start[i], 1e-15);
}

// The same problem in other units: u in 1e-6, lengths in 1e-9, mu in 1e-12, and 300 added to u.
Problem rescaled(double length, double unit, double mu, double shift) {
  using namespace nbm::symbols;
  const Symbol X = x() / length, Y = y() / length, Z = z() / length;
  const Symbol r = sqrt(X * X + Y * Y + Z * Z);
  Problem problem;
  problem.box = {{-length, -length, -length}, {length, length, length}};
  problem.level_set = length * (r - 0.5);
  const double f = unit * mu / (length * length);
  problem.minus = {.k = 0.0, .mu = mu * (Y * Y + 2.0), .f = f * exp(Z)};
  problem.plus = {.k = 0.0, .mu = mu * exp(-Z), .f = f * X, .boundary = unit * (cos(X) * sin(Y)) + shift};
  problem.jump_u = unit * (X - exp(Z));
  problem.jump_flux = (unit * mu / length) * (X + 0.5 * Y);
  return problem;
}

TEST_P(ValueUnits, OtherUnitsGiveTheSameTraining) {
  const auto train = [&](double length, double unit, double mu, double shift) {
    TrainingOptions options = small(GetParam());
    options.value_scale.reset();
    options.value_shift.reset();
    options.resolution.coarsest = {0.1 * length, 0.1 * length, 0.1 * length};
    Trainer trainer(rescaled(length, unit, mu, shift), options);
    trainer.run();
    std::vector<double> networks = trainer.parameters();
    nbm::from_values(options.network, {}, trainer.options().values(), networks);
    return std::pair(networks, trainer.history().back().loss);
  };
  const auto [expected, loss] = train(1.0, 1.0, 1.0, 0.0);
  for (const auto& units :
       {std::array{1e-9, 1e-6, 1e-12, 0.0}, std::array{1e3, 1e4, 1e9, 0.0}, std::array{0.3, 7.0, 0.01, 300.0}}) {
    const auto [networks, same_loss] = train(units[0], units[1], units[2], units[3]);
    // Eight steps of Gauss-Newton amplify the round-off of the rows: 1e-16 times 300 / 7 with the shift.
    EXPECT_NEAR(same_loss, loss, 1e-6 * loss) << units[1];
    for (std::size_t i = 0; i < networks.size(); ++i) EXPECT_NEAR(networks[i], expected[i], 1e-5) << units[1];
  }
}

TEST(ValueUnits, AutomaticUnitsFollowTheData) {
  Problem problem = rescaled(1.0, 5.0, 1.0, 300.0);
  const ValueScale values = nbm::value_scale_of(automatic(), problem);
  EXPECT_NEAR(values.shift[1], 300.0, 0.5);
  EXPECT_NEAR(values.shift[0], 300.0 + 5.0 * 1.04, 0.5);  // less the mean of jump_u, -5 mean(exp(z)) on the sphere
  EXPECT_GT(values.scale, 2.0);
  EXPECT_LT(values.scale, 20.0);
  problem = Problem();
  EXPECT_EQ(nbm::value_scale_of(automatic(), problem).scale, 1.0);  // u = 0
  problem.plus.boundary = 300.0;
  EXPECT_EQ(nbm::value_scale_of(automatic(), problem).scale, 300.0);  // u = 300
  EXPECT_EQ(nbm::value_scale_of(automatic(), problem).shift[1], 300.0);
}

TEST(ValueUnits, UnusableUnitsAreRefused) {
  TrainingOptions options = small(Discretization::direct_jump);
  options.value_scale = 0.0;
  EXPECT_THROW(Trainer(sphere_problem(), options), nbm::InvalidArgument);
  options.value_scale = 1.0;
  options.value_shift = {0.0, std::nan("")};
  EXPECT_THROW(Trainer(sphere_problem(), options), nbm::InvalidArgument);
}

}  // namespace
