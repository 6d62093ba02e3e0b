#include "nbm/rows/assemble.hpp"
#include "observed_sphere.hpp"
#include "problems.hpp"
#include "rows/row_assembly.hpp"
#include "rows_on_host.hpp"
#include "training/host_rows.hpp"
#include "training/row_maker.hpp"

namespace nbm::cuda {
namespace {

using DeviceRowSets = testing::DeviceTest;

using testing::cases;
using testing::expect_close;
using testing::on_host;

// Rows at the same points: coefficients and weights to some roundings.
constexpr double kRoundOff = 1e-12;
// At points that differ by 1e-11 (test_cuda_sampling.cpp): fractions of a cell to 1e-10, and what small parts of a face
// or the slopes of a level set on a grid make of that.
constexpr double kNewton = 1e-7;

TrainingOptions options_for(SampleCounts counts) {
  TrainingOptions options;
  options.sampling.counts = counts;
  options.value_scale = 3.0;
  options.value_shift = {0.7, -0.2};
  options.seed = 9;
  options.threads = 1;
  return options;
}

// The rows of the CPU at the very points that the device has drawn.
RowSet cpu_rows(const Problem& problem, const DeviceSampler& points, Vec3<double> h) {
  RowSet rows;
  rows.irregular = assemble_irregular(problem, on_host(points, PointClass::irregular).view(), h);
  for (std::size_t s = 0; s < kSides; ++s) {
    const auto of = [&](PointClass minus) { return static_cast<PointClass>(static_cast<std::size_t>(minus) + s); };
    const Points regular = on_host(points, of(PointClass::regular_minus));
    rows.regular[s] = make_difference_rows(problem.box, h, regular.size());
    assemble_regular(problem, static_cast<Side>(s), regular.view(), h, rows.regular[s], 0);
    const Points boundary = on_host(points, of(PointClass::boundary_minus));
    rows.points.push_back(make_boundary_rows(static_cast<Side>(s), boundary.size()));
    assemble_boundary(problem, static_cast<Side>(s), boundary.view(), rows.points.back(), 0);
  }
  return rows;
}

PerGroup<double> counts_of(DeviceRowMaker& device) { return device.counts().by_group(device.rows()); }

TEST_F(DeviceRowSets, AreThoseOfTheCpuAtTheSamePoints) {
  for (const testing::Case& c : cases()) {
    SCOPED_TRACE(c.name);
    ThreadPool pool(1);
    const Sampler cpu(c.problem, {333, 251, 97}, 3, pool);
    DeviceProblem problem(c.problem, nullptr);
    DeviceSampler points(problem, &cpu, nullptr);
    points.prepare(fresh_draw(cpu, 3, false, 1, c.h, pool, 0, 1), nullptr);
    RowAssembly assembly(c.problem, problem);
    const index_t most = 20 * 333;
    EXPECT_TRUE(assembly.prepare({{most, most}, most, {97, 97}, 0}, points, c.h));
    EXPECT_FALSE(assembly.prepare({{most, most}, most, {97, 97}, 0}, points, c.h));
    points.enqueue(nullptr);
    assembly.enqueue(points, nullptr);
    problem.check(nullptr);
    const RowSet rows = on_host(assembly.rows()), wanted = cpu_rows(c.problem, points, c.h);
    for (std::size_t s = 0; s < kSides; ++s) {
      expect_close(rows.regular[s], wanted.regular[s], kRoundOff);
    }
    expect_close(rows.points, wanted.points, kRoundOff);
    // Fractions of a cell are quotients of values of the level set, which lose digits by subtraction.
    expect_close(rows.irregular, wanted.irregular, 1e-9);
  }
}

TEST_F(DeviceRowSets, OfADrawAreThoseOfTheCpu) {
  for (const testing::Case& c : cases()) {
    SCOPED_TRACE(c.name);
    const TrainingOptions options = options_for({211, 143, 67});
    for (int rank = 0; rank < 3; ++rank) {
      ThreadPool pool(1);
      const HostRowMaker cpu(c.problem, options, rank, 3, pool);
      DeviceRowMaker device(c.problem, options, rank, 3, nullptr);
      EXPECT_TRUE(device.on_device());
      RowSet wanted;
      cpu.assemble(5, c.h, wanted);
      const RowSet rows = on_host(device.assemble(5, c.h));
      EXPECT_EQ(counts_of(device), row_counts(wanted));
      for (std::size_t s = 0; s < kSides; ++s) {
        expect_close(rows.regular[s], wanted.regular[s], kRoundOff);
      }
      expect_close(rows.points, wanted.points, kRoundOff);
      expect_close(rows.irregular, wanted.irregular, kNewton);
    }
  }
}

TEST_F(DeviceRowSets, OfJumpsAreThoseOfTheCpu) {
  for (const testing::Case& c : cases()) {
    SCOPED_TRACE(c.name);
    TrainingOptions options = options_for({101, 143, 67});
    options.discretization = Discretization::direct_jump;
    ThreadPool pool(1);
    const HostRowMaker cpu(c.problem, options, 1, 3, pool);
    DeviceRowMaker device(c.problem, options, 1, 3, nullptr);
    RowSet wanted;
    cpu.assemble(2, c.h, wanted);
    const RowSet rows = on_host(device.assemble(2, c.h));
    EXPECT_EQ(counts_of(device), row_counts(wanted));
    expect_close(rows, wanted, kNewton);
  }
}

// No kernel makes them: the CPU does, and the device has copies.
TEST_F(DeviceRowSets, OfWallsAndLawsAreCopiesOfThoseOfTheCpu) {
  for (const Problem& problem : {testing::problem_with_walls(), testing::problem_with_laws()}) {
    for (const Discretization discretization : {Discretization::bochkov_gibou, Discretization::direct_jump}) {
      TrainingOptions options = options_for({101, 43, 67});
      options.discretization = discretization;
      const Vec3<double> h{0.09, 0.13, 0.1};
      ThreadPool pool(1);
      const HostRowMaker cpu(problem, options, 1, 2, pool);
      DeviceRowMaker device(problem, options, 1, 2, nullptr);
      EXPECT_FALSE(device.on_device());
      RowSet wanted;
      cpu.assemble(3, h, wanted);
      const RowSet rows = on_host(device.assemble(3, h));
      EXPECT_EQ(counts_of(device), row_counts(wanted));
      expect_close(rows, wanted, 0.0);
    }
  }
}

// Values and slopes, of some of the points and of all, with and without the rows of the problem.
TEST_F(DeviceRowSets, OfObservationsAreThoseOfTheCpu) {
  const Problem problem = testing::sphere_problem();
  TrainingOptions options = options_for({101, 43, 67});
  options.observations = {testing::observed_sphere(41), testing::observed_slopes(23)};
  options.observations[0].per_draw = 17;
  const Vec3<double> h{0.1, 0.1, 0.1};
  for (int rank = 0; rank < 2; ++rank) {
    ThreadPool pool(1);
    HostRowMaker cpu(problem, options, rank, 2, pool);
    DeviceRowMaker device(problem, options, rank, 2, nullptr);
    PerGroup<bool> used;
    used.fill(true);
    for (const index_t draw : {0, 1, 2, 5}) {
      if (draw == 5) used[kRegularGroup] = used[kBoundaryGroup] = used[kStandardGroups + 1] = false;
      cpu.use_groups(used);
      device.use_groups(used);
      RowSet wanted;
      cpu.assemble(draw, h, wanted);
      const bool moved = device.prepare(draw, h);
      EXPECT_EQ(moved, draw == 0) << "pointers stay where they are";
      const RowSet rows = on_host(device.enqueue());
      EXPECT_EQ(counts_of(device), row_counts(wanted));
      EXPECT_EQ(rows.regular[1].size(), wanted.regular[1].size());
      expect_close(rows.points, wanted.points, kRoundOff);
    }
  }
}

TEST_F(DeviceRowSets, OfAGridAreThoseOfTheCpu) {
  for (const testing::Case& c : cases()) {
    SCOPED_TRACE(c.name);
    TrainingOptions options = options_for({});
    options.sampling.mode = SamplingOptions::Mode::grid;
    options.sampling.grid_nodes = 14;
    options.sampling.batch = 700;
    ThreadPool pool(1);
    const HostRowMaker cpu(c.problem, options, 0, 1, pool);
    DeviceRowMaker device(c.problem, options, 0, 1, nullptr);
    for (const index_t draw : {0, 3, 4}) {
      RowSet wanted;
      cpu.assemble(draw, c.h, wanted);
      const RowSet rows = on_host(device.assemble(draw, c.h));
      EXPECT_EQ(counts_of(device), row_counts(wanted));
      expect_close(rows.regular[0], wanted.regular[0], kRoundOff);
      expect_close(rows.regular[1], wanted.regular[1], kRoundOff);
      expect_close(rows.irregular, wanted.irregular, kNewton);
    }
  }
}

// More irregular rows than fit into one chunk, and more than the host would guess room for.
TEST_F(DeviceRowSets, ManyIrregularRowsInChunks) {
  const testing::Case c = cases().front();
  TrainingOptions options = options_for({10, 20001, 10});
  ThreadPool pool(1);
  const HostRowMaker cpu(c.problem, options, 0, 1, pool);
  DeviceRowMaker device(c.problem, options, 0, 1, nullptr);
  RowSet wanted;
  const Vec3<double> h{0.03, 0.03, 0.03};
  cpu.assemble(0, h, wanted);
  ASSERT_GT(wanted.irregular.size(), kIrregularChunk);
  EXPECT_TRUE(device.prepare(0, h));
  const RowSet rows = on_host(device.enqueue());
  EXPECT_EQ(counts_of(device), row_counts(wanted));
  expect_close(rows.irregular.rhs, wanted.irregular.rhs, kNewton, "rhs");
  EXPECT_EQ(rows.irregular.begin, wanted.irregular.begin);
}

TEST_F(DeviceRowSets, LaunchesStayTheSameFromDrawToDraw) {
  const testing::Case c = cases().front();
  DeviceRowMaker device(c.problem, options_for({200, 100, 50}), 0, 1, nullptr);
  EXPECT_TRUE(device.prepare(0, c.h));
  device.enqueue();
  EXPECT_FALSE(device.prepare(1, c.h));
  device.enqueue();
  EXPECT_TRUE(device.holds(1, c.h));
  EXPECT_FALSE(device.holds(1, 0.5 * c.h));
  device.prepare(1, 0.5 * c.h);
  EXPECT_FALSE(device.prepare(2, c.h)) << "as before: memory does not shrink";
}

}  // namespace
}  // namespace nbm::cuda
