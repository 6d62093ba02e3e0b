// What a simulation code does with nbm: it states a problem with formulas and functions of its own, trains, evaluates,
// stores the solution, and catches typed errors.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "nbm/core/build_info.hpp"
#include "nbm/core/error.hpp"
#include "nbm/problem/problem.hpp"
#include "nbm/problem/symbols.hpp"
#include "nbm/solution/device_solution.hpp"
#include "nbm/training/trainer.hpp"

namespace {

constexpr double kRadius = 0.5, kMuMinus = 1.0, kMuPlus = 3.0;

// u = x + 2 inside a sphere and x outside: harmonic, with jumps in value and flux.
double exact(nbm::Vec3<double> p) { return dot(p, p) < kRadius * kRadius ? p.x + 2.0 : p.x; }

nbm::Problem sphere_problem() {
  using namespace nbm::symbols;
  nbm::Problem problem;
  problem.level_set = nbm::Expression(sqrt(x() * x() + y() * y() + z() * z()) - kRadius);
  problem.minus.mu = kMuMinus;
  problem.plus.mu = kMuPlus;
  problem.plus.boundary = nbm::Expression(x());
  problem.jump_u = -2.0;
  // A function of the host program, called with batches of points.
  problem.jump_flux = nbm::Field(nbm::FieldCallback([](nbm::PointsView points, std::span<double> values) {
    for (nbm::index_t i = 0; i < points.size; ++i) {
      const nbm::Vec3<double> p = points[i];
      values[static_cast<std::size_t>(i)] = (kMuPlus - kMuMinus) * p.x / std::sqrt(dot(p, p));
    }
  }));
  return problem;
}

nbm::TrainingOptions options() {
  nbm::TrainingOptions options;
  options.network.hidden = {20};
  options.resolution.coarsest = {1.0 / 16, 1.0 / 16, 1.0 / 16};
  options.sampling.counts = {.regular = 600, .irregular = 400, .boundary = 300};
  options.sampling.refresh = 10;
  options.optimizer = nbm::GaussNewtonOptions{.steps = 30};
  options.precision = nbm::Precision::float64;
  options.threads = 2;
  return options;
}

double largest_error(const nbm::Solution& solution, nbm::ThreadPool& pool) {
  nbm::Points points;
  for (const double a : {-0.9, -0.4, -0.1, 0.2, 0.7}) {
    for (const double b : {-0.8, 0.0, 0.3, 0.6}) points.push_back({a, b, 0.25 - a * b});
  }
  std::vector<double> values(static_cast<std::size_t>(points.size()));
  solution.evaluate(points.view(), values, pool);
  double largest = 0.0;
  for (nbm::index_t i = 0; i < points.size(); ++i) {
    largest = std::max(largest, std::abs(values[static_cast<std::size_t>(i)] - exact(points[i])));
  }
  return largest;
}

bool refuses_an_empty_box() {
  nbm::Problem problem;
  problem.box.upper = problem.box.lower;
  try {
    problem.validate();
  } catch (const nbm::InvalidArgument&) {
    return true;
  }
  return false;
}

// Evaluates on a GPU where there is one, and is told what is missing where there is none.
bool evaluates_where_it_can(const nbm::Solution& solution, nbm::ThreadPool& pool) {
  nbm::Points points(1);
  points.set(0, {0.3, -0.2, 0.1});
  double expected = 0, found = 0;
  solution.evaluate(points.view(), {&expected, 1}, pool);
  try {
    nbm::DeviceSolution(solution, nbm::Device::cuda()).evaluate(points.view(), {&found, 1});
  } catch (const nbm::BackendUnavailable&) {
    return nbm::Device::automatic() == nbm::Device::cpu();
  }
  return std::abs(found - expected) < 1e-9;
}

}  // namespace

int main() {
  nbm::Trainer trainer(sphere_problem(), options());
  trainer.run();

  const char* file = "consume.safetensors";
  trainer.solution().save(file);
  const nbm::Solution solution = nbm::Solution::load(file);
  nbm::ThreadPool pool(2);
  const double error = largest_error(solution, pool);

  const nbm::BuildInfo info = nbm::build_info();
  std::printf("nbm %s (%s): %lld steps, largest error %.1e\n", info.version.c_str(), info.compiler.c_str(),
              static_cast<long long>(trainer.steps_done()), error);
  return error < 5e-3 && refuses_an_empty_box() && evaluates_where_it_can(solution, pool) ? 0 : 1;
}
