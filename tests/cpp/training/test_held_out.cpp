#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "nbm/core/error.hpp"
#include "nbm/training/held_out.hpp"
#include "row_fixture.hpp"

namespace {

using namespace nbm;

const Siren kNetwork{.hidden = {9, 6}, .omega = 2.0, .gamma = 1.5};

TEST(AbsoluteResiduals, SquaresAddUpToTheLoss) {
  const RowSet rows = nbm::testing::odd_rows();
  const std::vector<double> parameters = nbm::testing::both_networks(kNetwork);
  ThreadPool pool(2);
  const GroupSums sums = loss_sums(kNetwork, parameters, rows, Precision::float64, pool);
  const auto residuals = absolute_residuals(kNetwork, parameters, rows, pool);
  for (const int group : nbm::testing::kAllGroups) {
    const auto g = static_cast<std::size_t>(group);
    ASSERT_EQ(static_cast<double>(residuals[g].size()), sums.rows[g]);
    double squares = 0;
    for (const double r : residuals[g]) squares += r * r;
    // Sums of n positive terms in another order: n eps; a residual of size 1 is computed to some 100 eps.
    const double eps = std::numeric_limits<double>::epsilon();
    EXPECT_NEAR(squares, sums.squares[g], (100 + sums.rows[g]) * eps * sums.squares[g] + 100 * eps)
        << "group " << group;
  }
}

TEST(HeldOut, IsTheSameForAnyTeamAndAnotherForAnotherSeed) {
  HeldOutOptions options;
  options.counts = {400, 60, 50};
  options.cell_size = {0.1, 0.1, 0.1};
  options.threads = 1;
  const std::vector<double> parameters = nbm::testing::both_networks(kNetwork);
  const Problem problem = nbm::testing::sphere_problem();
  const auto one = held_out_residuals(problem, kNetwork, parameters, options);
  options.threads = 3;
  EXPECT_EQ(held_out_residuals(problem, kNetwork, parameters, options), one);
  options.seed = 1;
  EXPECT_NE(held_out_residuals(problem, kNetwork, parameters, options), one);
  options.discretization = Discretization::direct_jump;
  const auto direct = held_out_residuals(problem, kNetwork, parameters, options);
  EXPECT_TRUE(direct[static_cast<std::size_t>(kIrregularGroup)].empty());
  EXPECT_FALSE(direct[static_cast<std::size_t>(kFluxJumpGroup)].empty());
}

TEST(HeldOut, RefusesWhatCannotBeExamined) {
  HeldOutOptions options;
  options.cell_size = {0.1, -0.1, 0.1};
  const Problem problem = nbm::testing::sphere_problem();
  const std::vector<double> parameters = nbm::testing::both_networks(kNetwork);
  EXPECT_THROW(held_out_residuals(problem, kNetwork, parameters, options), InvalidArgument);
  options.cell_size = {0.1, 0.1, 0.1};
  EXPECT_THROW(held_out_residuals(problem, kNetwork, std::vector<double>(3), options), InvalidArgument);
}

}  // namespace
