// A simulation code with its own grid, its own time loop and, built with MPI, its own communicator: heat spreads
// through a box with a ball of other material inside. Each implicit step, u/dt - div(mu grad u) = u_old/dt, is an nbm
// problem with the shift k = 1/dt, whose networks start from those of the step before. The code compares with its own
// solver.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <memory>
#include <numbers>
#include <vector>

#include "nbm/problem/symbols.hpp"
#include "nbm/solution/solution.hpp"
#include "nbm/training/trainer.hpp"
#include "reference.hpp"
#ifdef WITH_MPI
#include "nbm/mpi.hpp"
#endif

namespace {

constexpr double kRadius = 0.55, kMuBall = 1.0, kMuAround = 0.25, kTimeStep = 0.05;
constexpr int kSteps = 6, kCells = 40;

double initial(double x, double y, double z) {
  constexpr double half_pi = std::numbers::pi / 2;
  return std::cos(half_pi * x) * std::cos(half_pi * y) * std::cos(half_pi * z);
}
double mu(double x, double y, double z) { return x * x + y * y + z * z < kRadius * kRadius ? kMuBall : kMuAround; }

// u_old/dt on one side: the initial state, or that side's network of the step before.
nbm::Field source(std::shared_ptr<const nbm::Solution> before, nbm::Side side) {
  return nbm::Field(nbm::FieldCallback([=](nbm::PointsView points, std::span<double> values) {
    if (before) {
      nbm::ThreadPool here(1);  // fields are evaluated by the threads of the trainer
      before->evaluate_side(side, points, values, here);
    } else {
      for (nbm::index_t i = 0; i < points.size; ++i) {
        values[static_cast<std::size_t>(i)] = initial(points.x[i], points.y[i], points.z[i]);
      }
    }
    for (double& value : values) value /= kTimeStep;
  }));
}

nbm::Problem problem_of_step(const std::shared_ptr<const nbm::Solution>& before) {
  using namespace nbm::symbols;
  nbm::Problem problem;
  problem.level_set = nbm::Expression(sqrt(x() * x() + y() * y() + z() * z()) - kRadius);
  problem.minus.mu = kMuBall;
  problem.plus.mu = kMuAround;
  for (const auto side : {nbm::Side::minus, nbm::Side::plus}) {
    nbm::Medium& medium = side == nbm::Side::minus ? problem.minus : problem.plus;
    medium.k = 1.0 / kTimeStep;
    medium.f = source(before, side);
  }
  return problem;
}

nbm::TrainingOptions training(bool first) {
  nbm::TrainingOptions options;
  options.network.hidden = {16, 16};
  options.network.omega = 4.0;  // thin layers at the ball
  options.discretization = nbm::Discretization::direct_jump;
  options.resolution.coarsest = {1.0 / 128, 1.0 / 128, 1.0 / 128};
  options.sampling.counts = {.regular = 2000, .irregular = 600, .boundary = 600};
  options.sampling.refresh = 10;
  nbm::GaussNewtonOptions gauss_newton;
  // Nothing to start from at first: of three random starts the best goes on.
  gauss_newton.steps = first ? 60 : 25;
  gauss_newton.starts = first ? 3 : 1;
  options.optimizer = gauss_newton;
  options.precision = nbm::Precision::float64;
  return options;
}

struct Difference {
  double squares = 0, count = 0;
};

// nbm against the program's solver at the nodes of this rank's planes of the grid.
Difference compare(const nbm::Solution& solution, const GridDiffusion& grid, nbm::IndexRange planes) {
  nbm::Points points;
  std::vector<double> expected;
  for (auto i = static_cast<int>(planes.begin); i < planes.end; ++i) {
    for (int j = 0; j < grid.nodes(); ++j) {
      for (int k = 0; k < grid.nodes(); ++k) {
        points.push_back({grid.coordinate(i), grid.coordinate(j), grid.coordinate(k)});
        expected.push_back(grid.value(i, j, k));
      }
    }
  }
  std::vector<double> values(expected.size());
  nbm::ThreadPool pool;
  solution.evaluate(points.view(), values, pool);
  Difference difference;
  difference.count = static_cast<double>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    difference.squares += (values[i] - expected[i]) * (values[i] - expected[i]);
  }
  return difference;
}

// True when nbm and the program's solver agree.
bool run(const nbm::Communicator& ranks) {
  GridDiffusion grid(kCells, mu, initial);
  std::shared_ptr<const nbm::Solution> solution;
  double worst = 0;
  for (int step = 1; step <= kSteps; ++step) {
    nbm::Trainer trainer(problem_of_step(solution), training(!solution), nbm::Device::cpu(), ranks);
    if (solution) trainer.set_parameters(solution->parameters());
    trainer.run();
    solution = std::make_shared<nbm::Solution>(trainer.solution());
    grid.step(kTimeStep);

    const Difference own = compare(*solution, grid, nbm::share_of(grid.nodes(), ranks.rank(), ranks.size()));
    double sums[] = {own.squares, own.count};
    ranks.sum(std::span<double>(sums));
    const double centre = grid.value(kCells / 2, kCells / 2, kCells / 2);
    const double difference = std::sqrt(sums[0] / sums[1]) / centre;
    worst = std::max(worst, difference);
    if (ranks.rank() == 0) {
      std::printf("t = %.2f  u(0) = %.4f  loss %.1e  difference (rms) %.2f %% of u(0)\n", step * kTimeStep, centre,
                  trainer.history().back().loss, 100 * difference);
    }
  }
  // Measured: 0.13 to 0.32 % of u(0). It is the networks' error, which a grid of 80 cells does not change; the bound
  // leaves room for a start that ends twice as far.
  return worst < 0.006;
}

}  // namespace

int main(int argc, char** argv) {
  bool agree = false;
#ifdef WITH_MPI
  MPI_Init(&argc, &argv);
  MPI_Comm own = MPI_COMM_NULL;
  MPI_Comm_dup(MPI_COMM_WORLD, &own);
  const auto ranks = [&] { return nbm::make_communicator(own); };
#else
  (void)argc, (void)argv;
  const auto ranks = [] { return nbm::Communicator(); };
#endif
  try {
    agree = run(ranks());
  } catch (const std::exception& error) {  // the same on every rank
    std::fprintf(stderr, "%s\n", error.what());
  }
#ifdef WITH_MPI
  MPI_Comm_free(&own);
  MPI_Finalize();
#endif
  return agree ? 0 : 1;
}
