#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "nbm_c.h"

namespace {

constexpr double kRadius = 0.5, kPi = 3.14159265358979323846;
constexpr double kVolume = 4.0 / 3.0 * kPi * kRadius * kRadius * kRadius;

void sphere(void* user, int64_t count, const double* x, const double* y, const double* z, double* values) {
  const double radius = *static_cast<const double*>(user);
  for (int64_t i = 0; i < count; ++i) values[i] = std::sqrt(x[i] * x[i] + y[i] * y[i] + z[i] * z[i]) - radius;
}

void outside_heated_ball(void*, int64_t count, const double* x, const double* y, const double* z, double* values) {
  for (int64_t i = 0; i < count; ++i) {
    values[i] = kRadius * kRadius * kRadius / 3.0 / std::sqrt(x[i] * x[i] + y[i] * y[i] + z[i] * z[i]);
  }
}

// A ball of mu = 2 with f = 1 in it, on a grid.
class CQuantities : public ::testing::Test {
 protected:
  void SetUp() override {
    const double lower[3] = {-1, -1, -1}, upper[3] = {1, 1, 1};
    ASSERT_EQ(nbm_problem_create(lower, upper, &problem_), NBM_OK);
    ASSERT_EQ(nbm_problem_set_function(problem_, NBM_LEVEL_SET, sphere, &radius_), NBM_OK);
    ASSERT_EQ(nbm_problem_set_constant(problem_, NBM_MU_MINUS, 2.0), NBM_OK);
    ASSERT_EQ(nbm_problem_set_constant(problem_, NBM_F_MINUS, 1.0), NBM_OK);
    ASSERT_EQ(nbm_problem_set_function(problem_, NBM_BOUNDARY_PLUS, outside_heated_ball, nullptr), NBM_OK);
    const int64_t cells[3] = {48, 48, 48};
    ASSERT_EQ(nbm_solve_on_grid(problem_, cells, 1e-10, 1, &solution_), NBM_OK) << nbm_last_error();
    ASSERT_EQ(nbm_quantities_create(problem_, solution_, 16, 1, &quantities_), NBM_OK) << nbm_last_error();
  }
  void TearDown() override {
    nbm_quantities_destroy(quantities_);
    nbm_solution_destroy(solution_);
    nbm_problem_destroy(problem_);
  }

  // The estimate covers the error, and is small itself.
  static void expect_covered(nbm_status status, const nbm_quantity& found, double exact, double most) {
    ASSERT_EQ(status, NBM_OK) << nbm_last_error();
    EXPECT_NEAR(found.value, exact, found.error);
    EXPECT_LT(found.error, most);
    EXPECT_DOUBLE_EQ(found.error, found.quadrature + found.grid + found.change);
  }

  double radius_ = kRadius;
  nbm_problem* problem_ = nullptr;
  nbm_solution* solution_ = nullptr;
  nbm_quantities* quantities_ = nullptr;
};

TEST_F(CQuantities, AreThoseOfTheFormulas) {
  nbm_quantity q;
  expect_covered(nbm_quantities_flux(quantities_, NBM_INTERFACE_MINUS, &q), q, -kVolume, 0.1);
  // The grid's slopes on the steeper side are of first order.
  expect_covered(nbm_quantities_flux(quantities_, NBM_INTERFACE_PLUS, &q), q, -kVolume, 0.3);
  expect_covered(nbm_quantities_flux(quantities_, NBM_WALLS, &q), q, -kVolume, 0.1);
  expect_covered(nbm_quantities_flux(quantities_, NBM_FACE(3), &q), q, -kVolume / 6, 0.02);
  double other = 0.8;
  expect_covered(nbm_quantities_flux_through(quantities_, sphere, &other, &q), q, -kVolume, 0.1);
  const double surface = kRadius * kRadius / 3, middle = surface + kRadius * kRadius / 12;
  expect_covered(nbm_quantities_mean(quantities_, NBM_INTERFACE_PLUS, &q), q, surface, 0.01);
  expect_covered(nbm_quantities_mean(quantities_, NBM_MINUS, &q), q, surface + kRadius * kRadius / 30, 0.01);
  expect_covered(nbm_quantities_integral(quantities_, NBM_MINUS, &q), q, kVolume * (surface + kRadius * kRadius / 30),
                 0.01);
  expect_covered(nbm_quantities_measure(quantities_, NBM_PLUS, &q), q, 8.0 - kVolume, 1e-3);
  // Half of mu (r / 6)^2 over the ball.
  expect_covered(nbm_quantities_energy(quantities_, NBM_MINUS, &q), q, 4 * kPi * std::pow(kRadius, 5) / 5 / 36, 1e-3);
  double place[3];
  expect_covered(nbm_quantities_maximum(quantities_, NBM_BOX, &q, place), q, middle, 0.01);
  EXPECT_LT(std::hypot(place[0], place[1], place[2]), 0.05);
  expect_covered(nbm_quantities_minimum(quantities_, NBM_MINUS, &q, nullptr), q, surface, 0.01);
  nbm_quantity force[3];
  ASSERT_EQ(nbm_quantities_force(quantities_, NBM_INTERFACE_PLUS, force), NBM_OK) << nbm_last_error();
  for (const nbm_quantity& component : force) EXPECT_NEAR(component.value, 0.0, component.error);
}

TEST_F(CQuantities, WrongQuestionsAreAStatusAndASentence) {
  nbm_quantity q;
  nbm_quantities* none = nullptr;
  EXPECT_EQ(nbm_quantities_create(problem_, solution_, 4, 1, &none), NBM_INVALID_ARGUMENT);
  EXPECT_EQ(nbm_quantities_create(problem_, nullptr, 16, 1, &none), NBM_INVALID_ARGUMENT);
  EXPECT_EQ(none, nullptr);
  EXPECT_EQ(nbm_quantities_flux(nullptr, NBM_WALLS, &q), NBM_INVALID_ARGUMENT);
  EXPECT_EQ(nbm_quantities_flux(quantities_, NBM_WALLS, nullptr), NBM_INVALID_ARGUMENT);
  EXPECT_EQ(nbm_quantities_flux(quantities_, NBM_MINUS, &q), NBM_INVALID_ARGUMENT);
  EXPECT_NE(std::string(nbm_last_error()).find("no surface"), std::string::npos);
  for (const nbm_domain domain : {-1, NBM_FACE(6)}) {
    EXPECT_EQ(nbm_quantities_mean(quantities_, domain, &q), NBM_INVALID_ARGUMENT);
  }
  EXPECT_EQ(nbm_quantities_energy(quantities_, NBM_WALLS, &q), NBM_INVALID_ARGUMENT);
  EXPECT_EQ(nbm_quantities_maximum(quantities_, NBM_WALLS, &q, nullptr), NBM_INVALID_ARGUMENT);
  EXPECT_EQ(nbm_quantities_flux_through(quantities_, nullptr, nullptr, &q), NBM_INVALID_ARGUMENT);
  const double upper[3] = {1, 1, 2}, lower[3] = {-1, -1, -1};
  nbm_problem* other = nullptr;
  ASSERT_EQ(nbm_problem_create(lower, upper, &other), NBM_OK);
  EXPECT_EQ(nbm_quantities_create(other, solution_, 16, 1, &none), NBM_INVALID_ARGUMENT);
  nbm_problem_destroy(other);
  nbm_quantities_destroy(nullptr);
}

}  // namespace
