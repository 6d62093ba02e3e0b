#include "nbm/sampling/grid_batches.hpp"
#include "problems.hpp"
#include "rows_on_host.hpp"

namespace nbm::cuda {
namespace {

using DevicePoints = testing::DeviceTest;

using testing::cases;
using testing::expect_close;
using testing::on_host;

// Coordinates of points that follow from their number alone: a few roundings.
constexpr double kRoundOff = 1e-14;
// Points near the interface: the Newton steps divide differences of the level set, with errors of 1e-16, by steps of
// 2e-5, so that normals agree to some 1e-11.
constexpr double kNewton = 1e-9;

struct Drawn {
  DeviceProblem problem;
  DeviceSampler sampler;

  Drawn(const Problem& p, const Sampler* cpu) : problem(p, nullptr), sampler(problem, cpu, nullptr) {}
  void draw(const DrawState& state) {
    sampler.prepare(state, nullptr);
    sampler.enqueue(nullptr);
    problem.check(nullptr);
  }
  void expect_same(const SampleSet& cpu) const {
    for (int side = 0; side < kSides; ++side) {
      const auto of = [&](PointClass minus) { return static_cast<PointClass>(static_cast<int>(minus) + side); };
      const auto s = static_cast<std::size_t>(side);
      expect_close(on_host(sampler, of(PointClass::regular_minus)), cpu.regular[s], kRoundOff, "regular");
      expect_close(on_host(sampler, of(PointClass::boundary_minus)), cpu.boundary[s], kRoundOff, "boundary");
    }
    expect_close(on_host(sampler, PointClass::irregular), cpu.irregular, kNewton, "irregular");
  }
};

TEST_F(DevicePoints, DrawsThePointsOfTheCpu) {
  for (const testing::Case& c : cases()) {
    SCOPED_TRACE(c.name);
    ThreadPool pool(1);
    const Sampler cpu(c.problem, {457, 211, 133}, 7, pool);
    Drawn device(c.problem, &cpu);
    for (const index_t draw : {0, 3}) {
      for (int rank = 0; rank < 3; ++rank) {
        device.draw(fresh_draw(cpu, 7, false, draw, c.h, pool, rank, 3));
        device.expect_same(cpu.draw(draw, c.h, pool, rank, 3));
      }
    }
  }
}

TEST_F(DevicePoints, DrawsByTheSameDensity) {
  for (const testing::Case& c : cases()) {
    SCOPED_TRACE(c.name);
    ThreadPool pool(1);
    const Sampler cpu(c.problem, {457, 0, 0}, 7, pool, {.pieces = 0.4, .sources = 0.3});
    Drawn device(c.problem, &cpu);
    for (const bool by_side : {false, true}) {
      device.draw(fresh_draw(cpu, 7, by_side, 1, c.h, pool, 1, 2));
      device.expect_same(by_side ? cpu.draw_by_side(1, c.h, pool, 1, 2) : cpu.draw(1, c.h, pool, 1, 2));
    }
  }
}

TEST_F(DevicePoints, DrawsBySideAndOnTheInterface) {
  for (const testing::Case& c : cases()) {
    SCOPED_TRACE(c.name);
    ThreadPool pool(1);
    const Sampler cpu(c.problem, {301, 129, 55}, 11, pool);
    Drawn device(c.problem, &cpu);
    for (int rank = 0; rank < 3; ++rank) {
      device.draw(fresh_draw(cpu, 11, true, 2, c.h, pool, rank, 3));
      device.expect_same(cpu.draw_by_side(2, c.h, pool, rank, 3));
      const InterfacePoints on = cpu.draw_interface(2, 129, pool, rank, 3);
      expect_close(on_host(device.sampler, PointClass::interface), on.points, kNewton, "interface");
    }
  }
}

TEST_F(DevicePoints, DrawsTheBatchesOfAGrid) {
  for (const testing::Case& c : cases()) {
    SCOPED_TRACE(c.name);
    ThreadPool pool(1);
    constexpr index_t nodes = 13, batch = 500;
    const GridBatches cpu(c.problem, nodes, 5, batch);
    Drawn device(c.problem, nullptr);
    for (const index_t draw : {index_t{0}, cpu.batches_per_epoch() - 1, cpu.batches_per_epoch() + 1}) {
      for (int rank = 0; rank < 3; ++rank) {
        device.draw(grid_draw(nodes, batch, 5, draw, c.h, rank, 3));
        device.expect_same(
            cpu.draw(draw / cpu.batches_per_epoch(), draw % cpu.batches_per_epoch(), c.h, pool, rank, 3));
      }
    }
  }
}

TEST_F(DevicePoints, EmptyGroupsAreEmpty) {
  const testing::Case c = cases().front();
  ThreadPool pool(1);
  for (const SampleCounts counts : {SampleCounts{0, 0, 0}, SampleCounts{1, 0, 0}, SampleCounts{0, 9, 0},
                                    SampleCounts{0, 0, 5}, SampleCounts{300, 0, 1}}) {
    const Sampler cpu(c.problem, counts, 1, pool);
    Drawn device(c.problem, &cpu);
    device.draw(fresh_draw(cpu, 1, false, 0, c.h, pool, 0, 1));
    device.expect_same(cpu.draw(0, c.h, pool));
  }
}

// Room is kept between draws: what a smaller draw does not use must not count.
TEST_F(DevicePoints, SmallerDrawFollowsLarger) {
  const testing::Case c = cases().front();
  ThreadPool pool(1);
  const Sampler large(c.problem, {900, 300, 300}, 1, pool), small(c.problem, {31, 17, 3}, 2, pool);
  Drawn device(c.problem, &large);
  EXPECT_TRUE(device.sampler.prepare(fresh_draw(large, 1, false, 0, c.h, pool, 0, 1), nullptr));
  EXPECT_FALSE(device.sampler.prepare(fresh_draw(small, 2, false, 0, c.h, pool, 0, 1), nullptr));
  device.draw(fresh_draw(small, 2, false, 0, c.h, pool, 0, 1));
  device.expect_same(small.draw(0, c.h, pool));
}

TEST_F(DevicePoints, NamesTheValueThatIsNotFinite) {
  Problem problem = testing::sphere_problem();
  ThreadPool pool(1);
  const Sampler cpu(problem, {500, 0, 0}, 1, pool);
  problem.level_set = Field(Expression(symbols::log(symbols::x()) + 2.0));
  Drawn device(problem, nullptr);
  try {
    device.draw(fresh_draw(cpu, 1, false, 0, {0.1, 0.1, 0.1}, pool, 0, 1));
    FAIL() << "no error";
  } catch (const InvalidField& error) {
    EXPECT_EQ(error.field, "level_set");
    EXPECT_TRUE(std::isnan(error.value));
    EXPECT_LT(error.point.x, 0.0);
  }
  device.problem.check(nullptr);  // told once
}

}  // namespace
}  // namespace nbm::cuda
