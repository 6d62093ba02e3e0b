#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "training/damped_solver.hpp"

namespace {

// J'J of a random J, upper triangle, with as many rows as unknowns and half again.
std::vector<double> gram_matrix(std::size_t n) {
  std::mt19937_64 random(n);
  std::normal_distribution<double> draw;
  const std::size_t rows = n + n / 2 + 1;
  std::vector<double> j(rows * n), matrix(n * n, 0.0);
  for (double& v : j) v = draw(random);
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = a; b < n; ++b) {
      for (std::size_t r = 0; r < rows; ++r) matrix[a * n + b] += j[r * n + a] * j[r * n + b];
    }
  }
  return matrix;
}

TEST(DampedSolver, SolvesSystemsOfAnySize) {
  nbm::ThreadPool pool(2);
  nbm::DampedSolver solver;
  for (const std::size_t n : {1U, 7U, 64U, 65U, 130U, 200U}) {
    const auto matrix = gram_matrix(n);
    std::vector<double> vector(n), x(n);
    for (std::size_t i = 0; i < n; ++i) vector[i] = std::cos(static_cast<double>(i));
    const double damping = 0.01;
    ASSERT_TRUE(solver.solve(matrix, vector, {1.0 + damping, 0.0}, x, pool)) << n;
    for (std::size_t i = 0; i < n; ++i) {
      double sum = damping * matrix[i * n + i] * x[i] + vector[i], size = std::fabs(vector[i]);
      for (std::size_t j = 0; j < n; ++j) {
        const double term = (i <= j ? matrix[i * n + j] : matrix[j * n + i]) * x[j];
        sum += term;
        size += std::fabs(term);
      }
      EXPECT_LE(std::fabs(sum), static_cast<double>(n) * 2.3e-16 * 10 * size) << n;  // Cholesky is backward stable
    }
  }
}

TEST(DampedSolver, LeavesUnusedParametersAlone) {
  nbm::ThreadPool pool(1);
  nbm::DampedSolver solver;
  const std::vector<double> matrix = {4, 0, 2, 0, 0, 0, 0, 0, 3}, vector = {1, 0, -1};
  std::vector<double> x(3);
  ASSERT_TRUE(solver.solve(matrix, vector, {1.0 + 1e-12, 0.0}, x, pool));
  // [4 2; 2 3] x = [-1; 1]
  EXPECT_NEAR(x[0], -0.625, 1e-10);
  EXPECT_EQ(x[1], 0.0);
  EXPECT_NEAR(x[2], 0.75, 1e-10);
}

TEST(DampedSolver, ShiftsTheDiagonal) {
  nbm::ThreadPool pool(1);
  nbm::DampedSolver solver;
  const std::vector<double> matrix = {3, 1, 0, 1}, vector = {-5, -3};
  std::vector<double> x(2);
  ASSERT_TRUE(solver.solve(matrix, vector, {1.0, 1.0}, x, pool));  // [4 1; 1 2] x = [5; 3]
  EXPECT_NEAR(x[0], 1.0, 1e-15);
  EXPECT_NEAR(x[1], 1.0, 1e-15);
}

TEST(DampedSolver, RefusesAnIndefiniteMatrix) {
  nbm::ThreadPool pool(1);
  nbm::DampedSolver solver;
  const std::vector<double> matrix = {1, 5, 0, 1}, vector = {1, 1};
  std::vector<double> x(2);
  EXPECT_FALSE(solver.solve(matrix, vector, {1.0, 0.0}, x, pool));
}

TEST(DampedSolver, HasTheSameBitsForAnyTeam) {
  const auto matrix = gram_matrix(300);
  const std::vector<double> vector(300, 1.0);
  std::vector<double> one(300), three(300);
  nbm::ThreadPool alone(1), team(3);
  nbm::DampedSolver solver;
  ASSERT_TRUE(solver.solve(matrix, vector, {1.0 + 1e-3, 0.0}, one, alone));
  ASSERT_TRUE(solver.solve(matrix, vector, {1.0 + 1e-3, 0.0}, three, team));
  EXPECT_EQ(one, three);
}

}  // namespace
