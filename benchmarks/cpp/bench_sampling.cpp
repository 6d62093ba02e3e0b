#include <benchmark/benchmark.h>

#include "nbm/problem/expression.hpp"
#include "nbm/sampling/grid_batches.hpp"
#include "nbm/sampling/sampler.hpp"

// Points a second on one core; the level set is the expression sqrt(x^2 + y^2 + z^2) - 0.5.
namespace {

using nbm::index_t;
using nbm::Op;

constexpr double kEdge = 2.0;
constexpr nbm::Vec3<double> kCell = {kEdge / 64, kEdge / 64, kEdge / 64};

nbm::Problem sphere() {
  nbm::Problem problem;
  problem.level_set = nbm::Expression({{Op::x},
                                       {Op::y},
                                       {Op::z},
                                       {Op::multiply, 0, 0},
                                       {Op::multiply, 1, 1},
                                       {Op::multiply, 2, 2},
                                       {Op::add, 3, 4},
                                       {Op::add, 6, 5},
                                       {Op::sqrt, 7},
                                       {Op::constant, -1, -1, -1, 0.5},
                                       {Op::subtract, 8, 9}});
  return problem;
}

void report(benchmark::State& state, index_t points) {
  state.SetItemsProcessed(points);
  state.counters["s/point"] =
      benchmark::Counter(static_cast<double>(points), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void draw(benchmark::State& state, nbm::SampleCounts counts) {
  nbm::ThreadPool pool(1);
  const nbm::Sampler sampler(sphere(), counts, 0, pool);
  index_t points = 0, number = 0;
  sampler.acceptance(kCell, pool);
  for (auto _ : state) {
    const nbm::SampleSet set = sampler.draw(number++, kCell, pool);
    points += set.regular[0].size() + set.regular[1].size() + set.irregular.size() + set.boundary[0].size() +
              set.boundary[1].size();
  }
  report(state, points);
}

void regular(benchmark::State& state) { draw(state, {.regular = 65536, .irregular = 0, .boundary = 0}); }
void irregular(benchmark::State& state) { draw(state, {.regular = 0, .irregular = 16384, .boundary = 0}); }
void boundary(benchmark::State& state) { draw(state, {.regular = 0, .irregular = 0, .boundary = 16384}); }

void low_discrepancy(benchmark::State& state) {
  constexpr index_t count = 4096;
  std::vector<double> values(count);
  const nbm::ScrambledSobol sobol = nbm::make_sobol(0, nbm::Stream::regular, 0);
  index_t points = 0;
  for (auto _ : state) {
    for (int axis = 0; axis < nbm::kDim; ++axis) nbm::fill_low_discrepancy(sobol, points, count, axis, values.data());
    benchmark::DoNotOptimize(values.data());
    points += count;
  }
  report(state, points);
}

void paper_batch(benchmark::State& state) {
  nbm::ThreadPool pool(1);
  const nbm::GridBatches grid(sphere(), state.range(0), 0);
  index_t points = 0, batch = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(grid.draw(0, batch++ % grid.batches_per_epoch(), kCell, pool).irregular.x.data());
    points += std::min<index_t>(16384, grid.node_count());
  }
  report(state, points);
}

void find_interface(benchmark::State& state) {
  nbm::ThreadPool pool(1);
  const nbm::Problem problem = sphere();
  for (auto _ : state) {
    benchmark::DoNotOptimize(nbm::InterfaceSampler(problem.box, problem.level_set, pool).triangle_count());
  }
}

BENCHMARK(low_discrepancy);
BENCHMARK(regular);
BENCHMARK(irregular);
BENCHMARK(boundary);
BENCHMARK(paper_batch)->Arg(64)->Arg(512);
BENCHMARK(find_interface)->Unit(benchmark::kMillisecond);

}  // namespace
