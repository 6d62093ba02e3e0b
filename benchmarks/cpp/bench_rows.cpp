// Assembling rows of the sphere problem (docs/method.md, section 11) on one core. Target: 3 us an irregular row, 0.1 us
// a regular one.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

#include "../../tests/support/sphere_problem.hpp"
#include "nbm/rows/assemble.hpp"
#include "nbm/rows/irregular_row.hpp"

namespace {

using namespace nbm;

constexpr index_t kPoints = 4096;

// Irregular cells around the sphere, or regular ones outside of it.
Points cells(double h, bool irregular) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  Points points;
  while (points.size() < kPoints) {
    Vec3<double> p{uniform(random), uniform(random), uniform(random)};
    const double r = std::sqrt(dot(p, p));
    if (irregular) p = ((0.5 + uniform(random) * h / 2) / r) * p;
    if (irregular || r > 0.5 + 2 * h) points.push_back(p);
  }
  return points;
}

void report(benchmark::State& state) {
  state.counters["time_per_row"] = benchmark::Counter(static_cast<double>(kPoints * state.iterations()),
                                                      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void irregular(benchmark::State& state) {
  const double h = 2.0 / static_cast<double>(state.range(0));
  const Problem problem = nbm::testing::sphere_problem();
  const Points points = cells(h, true);
  for (auto _ : state) benchmark::DoNotOptimize(assemble_irregular(problem, points.view(), {h, h, h}).rhs.data());
  report(state);
}
BENCHMARK(irregular)->Arg(64)->Arg(512);

// The same with constant coefficients: what remains is geometry, ghosts and rows.
void irregular_constant(benchmark::State& state) {
  const double h = 2.0 / static_cast<double>(state.range(0));
  Problem problem;
  problem.level_set = nbm::testing::sphere_problem().level_set;
  problem.minus.mu = 4.0;
  const Points points = cells(h, true);
  for (auto _ : state) benchmark::DoNotOptimize(assemble_irregular(problem, points.view(), {h, h, h}).rhs.data());
  report(state);
}
BENCHMARK(irregular_constant)->Arg(64);

void regular(benchmark::State& state) {
  const double h = 2.0 / 64;
  const Problem problem = nbm::testing::sphere_problem();
  const Points points = cells(h, false);
  DifferenceRows rows = make_difference_rows(problem.box, {h, h, h}, kPoints);
  for (auto _ : state) {
    assemble_regular(problem, Side::plus, points.view(), {h, h, h}, rows, 0);
    benchmark::DoNotOptimize(rows.rhs.data());
  }
  report(state);
}
BENCHMARK(regular);

void cut_cells(benchmark::State& state) {
  const double h = 2.0 / 64;
  const Points points = cells(h, true);
  std::vector<double> corners(static_cast<std::size_t>(8 * kPoints));
  for (index_t i = 0; i < kPoints; ++i) {
    for (int c = 0; c < kCellCorners; ++c) {
      const Vec3<double> p = classify_position(points[i], {h, h, h}, c);
      corners[static_cast<std::size_t>(8 * i + c)] = std::sqrt(dot(p, p)) - 0.5;
    }
  }
  CutCell cell;
  for (auto _ : state) {
    for (index_t i = 0; i < kPoints; ++i) {
      cut_cell(corners.data() + 8 * i, {h, h, h}, cell);
      benchmark::DoNotOptimize(cell.volume[0]);
    }
  }
  report(state);
}
BENCHMARK(cut_cells);

}  // namespace
