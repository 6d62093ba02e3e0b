#include <gtest/gtest.h>

#include <cmath>
#include <thread>
#include <vector>

#include "nbm/solution/solution.hpp"
#include "nbm/training/trainer.hpp"
#include "sphere_problem.hpp"

// Several threads of a host program use the library at once. Also run under ThreadSanitizer.
namespace {

using nbm::testing::sphere_problem;

constexpr int kThreads = 4;

nbm::TrainingOptions few_steps(std::uint64_t seed) {
  nbm::TrainingOptions options;
  options.network = {.hidden = {8, 8}};
  options.resolution.coarsest = {0.125, 0.125, 0.125};
  options.sampling.counts = {200, 50, 50};
  options.optimizer = nbm::AdamOptions{.steps = 4};
  options.seed = seed;
  options.threads = 2;
  return options;
}

nbm::Points scattered_points(int count) {
  nbm::Points points;
  for (int i = 0; i < count; ++i) points.push_back({std::sin(1.0 + i), std::sin(2.0 + 3 * i), std::sin(3.0 + 5 * i)});
  return points;
}

TEST(Threads, EvaluateOneSolutionAtOnce) {
  const nbm::Solution solution = nbm::Trainer(sphere_problem(), few_steps(0)).solution();
  const nbm::Points points = scattered_points(700);
  std::vector<std::vector<double>> values(kThreads, std::vector<double>(700));
  std::vector<std::vector<double>> slopes(kThreads, std::vector<double>(3 * 700));
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      nbm::ThreadPool pool(t % 2 == 0 ? 1 : 2);
      const std::span<double> all(slopes[t]);
      solution.evaluate_gradient(points.view(), values[t],
                                 {all.subspan(0, 700), all.subspan(700, 700), all.subspan(1400)}, pool);
    });
  }
  for (auto& thread : threads) thread.join();
  for (std::size_t t = 1; t < kThreads; ++t) {
    EXPECT_EQ(values[t], values[0]);
    EXPECT_EQ(slopes[t], slopes[0]);
  }
}

TEST(Threads, TrainAtOnce) {
  std::vector<std::vector<double>> parameters(kThreads);
  std::vector<std::thread> threads;
  const nbm::Problem problem = sphere_problem();  // shared: fields are read only
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      nbm::Trainer trainer(problem, few_steps(t % 2));
      trainer.run();
      parameters[t] = trainer.parameters();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(parameters[0], parameters[2]);
  EXPECT_EQ(parameters[1], parameters[3]);
  EXPECT_NE(parameters[0], parameters[1]);
}

TEST(Threads, TrainersTakeTurnsInOneThread) {
  nbm::Trainer a(sphere_problem(), few_steps(0)), b(sphere_problem(), few_steps(1));
  nbm::Trainer alone(sphere_problem(), few_steps(0));
  for (int i = 0; i < 4; ++i) {
    a.step(1);
    b.step(1);
  }
  alone.run();
  EXPECT_EQ(a.parameters(), alone.parameters());
}

}  // namespace
