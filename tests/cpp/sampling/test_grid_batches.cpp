#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "level_sets.hpp"
#include "nbm/core/error.hpp"
#include "nbm/sampling/classify.hpp"
#include "nbm/sampling/grid_batches.hpp"

namespace {

using nbm::GridBatches;
using nbm::index_t;
using nbm::SampleSet;
using nbm::Vec3;
using nbm::test::problem_of;

std::vector<std::tuple<double, double, double>> sorted(const nbm::Points& points) {
  std::vector<std::tuple<double, double, double>> all;
  for (index_t i = 0; i < points.size(); ++i)
    all.emplace_back(points.x[static_cast<std::size_t>(i)], points.y[static_cast<std::size_t>(i)],
                     points.z[static_cast<std::size_t>(i)]);
  std::sort(all.begin(), all.end());
  return all;
}

SampleSet epoch_of(const GridBatches& grid, index_t epoch, Vec3<double> h, nbm::ThreadPool& pool) {
  SampleSet all;
  for (index_t batch = 0; batch < grid.batches_per_epoch(); ++batch) all.append(grid.draw(epoch, batch, h, pool));
  return all;
}

class GridBatchesTest : public testing::Test {
 protected:
  nbm::ThreadPool pool{2};
};

TEST_F(GridBatchesTest, NodesAreThoseOfTheUniformGrid) {
  const nbm::Box box{{-1, 0, 1}, {1, 0.3, 5}};
  const GridBatches grid(problem_of(nbm::test::sphere, box), 4, 0);
  EXPECT_EQ(grid.node_count(), 64);
  EXPECT_EQ(grid.node(0), box.lower);
  EXPECT_EQ(grid.node(63), box.upper);
  const Vec3<double> p = grid.node((1 * 4 + 2) * 4 + 3);
  EXPECT_NEAR(p.x, -1.0 / 3.0, 1e-15);
  EXPECT_NEAR(p.y, 0.2, 1e-15);
  EXPECT_EQ(p.z, 5.0);
}

// Every node once an epoch, each in the group where it belongs.
TEST_F(GridBatchesTest, AnEpochIsTheGrid) {
  constexpr index_t nodes = 21;
  const Vec3<double> h = {0.1, 0.1, 0.1};  // the spacing of the grid: no cell leaves the box
  const nbm::Problem problem = problem_of(nbm::test::sphere);
  const GridBatches grid(problem, nodes, 3, 1000);
  EXPECT_EQ(grid.batches_per_epoch(), 10);
  SampleSet expected;
  for (index_t i = 0; i < grid.node_count(); ++i) {
    nbm::Points one;
    one.push_back(grid.node(i));
    const Vec3<double> p = one[0];
    const auto side = static_cast<std::size_t>(nbm::index_of(nbm::side_of(nbm::test::sphere(p))));
    if (std::max({std::abs(p.x), std::abs(p.y), std::abs(p.z)}) == 1.0) {
      expected.boundary[side].push_back(p);
      continue;
    }
    std::vector<std::uint8_t> kind(1);
    nbm::classify(problem.level_set, one.view(), h, kind);
    (kind[0] == 2 ? expected.irregular : expected.regular[side]).push_back(p);
  }
  EXPECT_GT(expected.irregular.size(), 300);
  for (const index_t epoch : {0, 1}) {
    const SampleSet all = epoch_of(grid, epoch, h, pool);
    for (std::size_t side = 0; side < nbm::kSides; ++side) {
      EXPECT_EQ(sorted(all.regular[side]), sorted(expected.regular[side]));
      EXPECT_EQ(sorted(all.boundary[side]), sorted(expected.boundary[side]));
    }
    EXPECT_EQ(sorted(all.irregular), sorted(expected.irregular));
  }
}

TEST_F(GridBatchesTest, CellsThatLeaveTheBoxAreMissing) {
  const GridBatches grid(problem_of([](Vec3<double> p) { return p.x + 0.01; }), 21, 3, 100000);
  const Vec3<double> h = {0.3, 0.3, 0.3};
  const SampleSet all = grid.draw(0, 0, h, pool);
  for (const auto& regular : all.regular) {
    for (const double y : regular.y) EXPECT_LT(std::abs(y), 0.86);
  }
  EXPECT_GT(all.irregular.size(), 0);
  for (const double y : all.irregular.y) EXPECT_LT(std::abs(y), 0.41);
}

TEST_F(GridBatchesTest, EpochsShuffleAndRanksShare) {
  const GridBatches grid(problem_of(nbm::test::sphere), 12, 3, 500);
  const Vec3<double> h = {0.1, 0.1, 0.1};
  const SampleSet whole = grid.draw(2, 1, h, pool);
  SampleSet joined;
  for (int rank = 0; rank < 3; ++rank) joined.append(grid.draw(2, 1, h, pool, rank, 3));
  EXPECT_EQ(joined.regular[1].x, whole.regular[1].x);
  EXPECT_EQ(joined.irregular.y, whole.irregular.y);
  EXPECT_EQ(joined.boundary[1].z, whole.boundary[1].z);
  EXPECT_NE(grid.draw(3, 1, h, pool).regular[1].x, whole.regular[1].x);
  nbm::ThreadPool one(1);
  EXPECT_EQ(grid.draw(2, 1, h, one).regular[1].x, whole.regular[1].x);
}

// A batch of a grid that would take 10^18 points to store.
TEST_F(GridBatchesTest, MemoryDoesNotDependOnTheGrid) {
  const GridBatches grid(problem_of(nbm::test::sphere), index_t{1} << 20, 3);
  const SampleSet set = grid.draw(0, grid.batches_per_epoch() / 2, {0.01, 0.01, 0.01}, pool);
  const index_t kept = set.regular[0].size() + set.regular[1].size() + set.irregular.size();
  EXPECT_GT(kept, 15800) << "all but those within half a cell of a face, 1.5 % of 16384";
}

TEST_F(GridBatchesTest, RejectsWhatCannotBeUsed) {
  const nbm::Problem problem = problem_of(nbm::test::sphere);
  EXPECT_THROW(GridBatches(problem, 1, 0), nbm::InvalidArgument);
  EXPECT_THROW(GridBatches(problem, 8, 0, 0), nbm::InvalidArgument);
  const GridBatches grid(problem, 8, 0, 100);
  const Vec3<double> h = {0.1, 0.1, 0.1};
  EXPECT_THROW(grid.draw(-1, 0, h, pool), nbm::InvalidArgument);
  EXPECT_THROW(grid.draw(0, grid.batches_per_epoch(), h, pool), nbm::InvalidArgument);
  EXPECT_THROW(grid.draw(0, 0, {0.1, 3.0, 0.1}, pool), nbm::InvalidArgument);
  EXPECT_THROW(grid.draw(0, 0, h, pool, 1, 1), nbm::InvalidArgument);
}

}  // namespace
