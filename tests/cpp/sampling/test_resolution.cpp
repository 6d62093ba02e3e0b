#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "nbm/core/error.hpp"
#include "nbm/sampling/resolution.hpp"
#include "statistics.hpp"

namespace {

using nbm::ResolutionOrder;
using nbm::ResolutionSchedule;

std::vector<int> levels_of(ResolutionSchedule schedule, nbm::index_t steps, std::uint64_t seed = 0) {
  std::vector<int> levels;
  for (nbm::index_t step = 0; step < steps; ++step) levels.push_back(schedule.level(step, steps, seed));
  return levels;
}

TEST(ResolutionSchedule, PassesTheLevelsInOrder) {
  const nbm::Vec3<double> h = {0.5, 0.25, 0.125};
  EXPECT_EQ(levels_of({h, 3, ResolutionOrder::sequential}, 7), (std::vector{0, 0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(levels_of({h, 3, ResolutionOrder::cycle}, 7), (std::vector{0, 1, 2, 0, 1, 2, 0}));
  EXPECT_EQ(levels_of({h, 1, ResolutionOrder::random}, 3), (std::vector{0, 0, 0}));
  const ResolutionSchedule schedule{h, 3, ResolutionOrder::sequential};
  EXPECT_EQ(schedule.level(100, 7, 0), 2) << "steps beyond the end stay at the finest level";
  EXPECT_EQ(schedule.cell_size(6, 7, 0), (nbm::Vec3<double>{0.125, 0.0625, 0.03125}));
}

TEST(ResolutionSchedule, RandomLevelsAreUniformAndRepeatable) {
  const ResolutionSchedule schedule{{0.5, 0.5, 0.5}, 4, ResolutionOrder::random};
  std::vector<nbm::index_t> counts(4);
  for (const int level : levels_of(schedule, 4000, 9)) ++counts.at(static_cast<std::size_t>(level));
  EXPECT_LT(nbm::test::chi_square(counts), nbm::test::chi_square_limit(3));
  EXPECT_EQ(levels_of(schedule, 100, 9), levels_of(schedule, 100, 9));
  EXPECT_NE(levels_of(schedule, 100, 9), levels_of(schedule, 100, 10));
}

TEST(ResolutionSchedule, RejectsWhatCannotBeUsed) {
  const nbm::Box box{{0, 0, 0}, {1, 2, 3}};
  EXPECT_NO_THROW((ResolutionSchedule{{0.5, 1.5, 2.5}, 32}.validate(box)));
  EXPECT_THROW((ResolutionSchedule{{0.5, 0.5, 0.5}, 0}.validate(box)), nbm::InvalidArgument);
  EXPECT_THROW((ResolutionSchedule{{0.5, 0.5, 0.5}, 33}.validate(box)), nbm::InvalidArgument);
  for (const double bad :
       {0.0, -0.1, 2.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    try {
      nbm::validate_cell_size({0.5, bad, 0.5}, box);
      FAIL() << bad;
    } catch (const nbm::InvalidArgument& e) {
      EXPECT_EQ(e.name, "cell_size");
    }
  }
}

}  // namespace
