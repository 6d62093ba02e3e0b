#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "nbm_c.h"
#include "temporary_file.hpp"

namespace {

constexpr double kLower[3] = {-1, -1, -1}, kUpper[3] = {1, 1, 1};

struct Destroy {
  void operator()(nbm_problem* p) const { nbm_problem_destroy(p); }
  void operator()(nbm_trainer* p) const { nbm_trainer_destroy(p); }
  void operator()(nbm_solution* p) const { nbm_solution_destroy(p); }
};
template <class T>
using Handle = std::unique_ptr<T, Destroy>;

void distance_to_sphere(void* user, int64_t count, const double* x, const double* y, const double* z, double* values) {
  const double radius = *static_cast<const double*>(user);
  for (int64_t i = 0; i < count; ++i) values[i] = std::sqrt(x[i] * x[i] + y[i] * y[i] + z[i] * z[i]) - radius;
}

void x_coordinate(void*, int64_t count, const double* x, const double*, const double*, double* values) {
  for (int64_t i = 0; i < count; ++i) values[i] = x[i];
}

void nothing_here(void*, int64_t count, const double*, const double*, const double*, double* values) {
  for (int64_t i = 0; i < count; ++i) values[i] = std::numeric_limits<double>::quiet_NaN();
}

// u = x on both sides of a sphere, mu = 1.
Handle<nbm_problem> plain_problem() {
  static double radius = 0.5;
  nbm_problem* problem = nullptr;
  EXPECT_EQ(nbm_problem_create(kLower, kUpper, &problem), NBM_OK);
  EXPECT_EQ(nbm_problem_set_function(problem, NBM_LEVEL_SET, distance_to_sphere, &radius), NBM_OK);
  EXPECT_EQ(nbm_problem_set_function(problem, NBM_BOUNDARY_PLUS, x_coordinate, nullptr), NBM_OK);
  return Handle<nbm_problem>(problem);
}

nbm_options small_options() {
  nbm_options options;
  nbm_options_init(&options);
  options.hidden_layers = 1;
  options.hidden_width = 12;
  for (double& size : options.cell_size) size = 0.125;
  options.regular = 300;
  options.irregular = 150;
  options.boundary = 150;
  options.steps = 12;
  options.threads = 1;
  return options;
}

Handle<nbm_trainer> trainer_of(const nbm_problem* problem, const nbm_options& options) {
  nbm_trainer* trainer = nullptr;
  EXPECT_EQ(nbm_trainer_create(problem, &options, "cpu", nullptr, &trainer), NBM_OK) << nbm_last_error();
  return Handle<nbm_trainer>(trainer);
}

TEST(CApi, TrainsEvaluatesAndStores) {
  const auto problem = plain_problem();
  const auto trainer = trainer_of(problem.get(), small_options());
  double loss = 0;
  EXPECT_EQ(nbm_trainer_loss(trainer.get(), &loss), NBM_INVALID_ARGUMENT);
  ASSERT_EQ(nbm_trainer_run(trainer.get(), nullptr, nullptr), NBM_OK) << nbm_last_error();
  int64_t steps = 0;
  EXPECT_EQ(nbm_trainer_steps_done(trainer.get(), &steps), NBM_OK);
  EXPECT_EQ(steps, 12);
  EXPECT_EQ(nbm_trainer_loss(trainer.get(), &loss), NBM_OK);
  EXPECT_LT(loss, 1e-2);

  nbm_solution* made = nullptr;
  ASSERT_EQ(nbm_trainer_solution(trainer.get(), &made), NBM_OK);
  const Handle<nbm_solution> solution(made);
  const double x[2] = {0.2, -0.7}, y[2] = {0.1, 0.4}, z[2] = {-0.3, 0.6};
  std::array<double, 2> u{}, ux{}, uy{}, uz{};
  ASSERT_EQ(nbm_solution_evaluate(solution.get(), 2, x, y, z, 1, u.data()), NBM_OK);
  // Twelve steps of twelve sines: two digits.
  EXPECT_NEAR(u[0], 0.2, 5e-2);
  EXPECT_NEAR(u[1], -0.7, 5e-2);
  std::array<double, 2> again{};
  ASSERT_EQ(
      nbm_solution_evaluate_gradient(solution.get(), 2, x, y, z, 2, again.data(), ux.data(), uy.data(), uz.data()),
      NBM_OK);
  EXPECT_EQ(again, u);
  EXPECT_NEAR(ux[1], 1.0, 0.3);
  EXPECT_EQ(nbm_solution_evaluate(solution.get(), 0, nullptr, nullptr, nullptr, 1, nullptr), NBM_OK);
}

TEST(CApi, SolvesWithoutBeingToldHow) {
  const auto problem = plain_problem();
  nbm_estimate estimate{};
  nbm_solution* made = nullptr;
  ASSERT_EQ(nbm_solve(problem.get(), 0, 2, &estimate, &made), NBM_OK) << nbm_last_error();
  const Handle<nbm_solution> solution(made);
  const double x[2] = {0.2, -0.7}, y[2] = {0.1, 0.4}, z[2] = {-0.3, 0.6};
  std::array<double, 2> u{};
  ASSERT_EQ(nbm_solution_evaluate(solution.get(), 2, x, y, z, 1, u.data()), NBM_OK);
  EXPECT_NEAR(u[0], 0.2, 1e-8);
  EXPECT_NEAR(u[1], -0.7, 1e-8);
  EXPECT_LT(estimate.rms_error, 1e-8);
  EXPECT_NEAR(estimate.range, 2.0, 1e-8);
  EXPECT_EQ(nbm_solve(nullptr, 0, 1, nullptr, &made), NBM_INVALID_ARGUMENT);
  EXPECT_EQ(nbm_solve(problem.get(), 0, -1, nullptr, &made), NBM_INVALID_ARGUMENT);
}

TEST(CApi, SolvesOnGridsAndCorrects) {
  const auto problem = plain_problem();  // its solution is x, which a grid has exactly
  const int64_t cells[3] = {6, 7, 8}, few[3] = {6, 1, 8};
  nbm_solution* made = nullptr;
  ASSERT_EQ(nbm_solve_on_grid(problem.get(), cells, 1e-12, 1, &made), NBM_OK) << nbm_last_error();
  const Handle<nbm_solution> grid(made);
  const double x = 0.2, y = 0.1, z = -0.3;
  double u = 0;
  ASSERT_EQ(nbm_solution_evaluate(grid.get(), 1, &x, &y, &z, 1, &u), NBM_OK);
  EXPECT_NEAR(u, 0.2, 1e-10);

  const auto trainer = trainer_of(problem.get(), small_options());
  ASSERT_EQ(nbm_trainer_solution(trainer.get(), &made), NBM_OK);
  const Handle<nbm_solution> untrained(made);
  ASSERT_EQ(nbm_solution_correct(problem.get(), untrained.get(), cells, 1e-12, 1, &made), NBM_OK) << nbm_last_error();
  const Handle<nbm_solution> corrected(made);
  double before = 0;
  ASSERT_EQ(nbm_solution_evaluate(untrained.get(), 1, &x, &y, &z, 1, &before), NBM_OK);
  ASSERT_EQ(nbm_solution_evaluate(corrected.get(), 1, &x, &y, &z, 1, &u), NBM_OK);
  EXPECT_LT(std::abs(u - 0.2), 0.2 * std::abs(before - 0.2));

  EXPECT_EQ(nbm_solve_on_grid(problem.get(), few, 1e-10, 1, &made), NBM_INVALID_ARGUMENT);
  EXPECT_EQ(nbm_solution_correct(problem.get(), nullptr, cells, 1e-10, 1, &made), NBM_INVALID_ARGUMENT);
}

TEST(CApi, GridsAndModelFiles) {
  const auto problem = plain_problem();
  constexpr int64_t n = 9;
  const int64_t shape[3] = {n, n, n};
  std::vector<double> values;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n * n; ++j) values.push_back(-1.0 + 2.0 * i / (n - 1) - 0.1);  // the plane x = 0.1
  }
  ASSERT_EQ(nbm_problem_set_grid(problem.get(), NBM_LEVEL_SET, shape, values.data()), NBM_OK) << nbm_last_error();
  ASSERT_EQ(nbm_problem_set_function(problem.get(), NBM_BOUNDARY_MINUS, x_coordinate, nullptr), NBM_OK);
  const auto trainer = trainer_of(problem.get(), small_options());
  nbm_solution *made = nullptr, *read = nullptr;
  ASSERT_EQ(nbm_trainer_solution(trainer.get(), &made), NBM_OK);
  const Handle<nbm_solution> solution(made);
  const std::string path = nbm::testing::temporary_file("c_api.safetensors");
  ASSERT_EQ(nbm_solution_save(solution.get(), path.c_str()), NBM_OK) << nbm_last_error();
  ASSERT_EQ(nbm_solution_load(path.c_str(), &read), NBM_OK) << nbm_last_error();
  const Handle<nbm_solution> loaded(read);
  const double x = 0.3, y = -0.2, z = 0.7;
  double first = 0, second = 1;
  EXPECT_EQ(nbm_solution_evaluate(solution.get(), 1, &x, &y, &z, 1, &first), NBM_OK);
  EXPECT_EQ(nbm_solution_evaluate(loaded.get(), 1, &x, &y, &z, 1, &second), NBM_OK);
  EXPECT_EQ(first, second);
  std::filesystem::remove(path);
}

// 1000 W/m2 through a contact of 1000 W/(m2 K), between walls of 0 and 6 + 1 K, 200 W/(m K), 1.2 m apart.
TEST(CApi, ContactsHaveAResistance) {
  const double lower[3] = {0, 0, 0}, upper[3] = {1.2, 1, 1};
  nbm_problem* made = nullptr;
  ASSERT_EQ(nbm_problem_create(lower, upper, &made), NBM_OK);
  const Handle<nbm_problem> problem(made);
  const auto before_contact = [](void*, int64_t count, const double* x, const double*, const double*, double* values) {
    for (int64_t i = 0; i < count; ++i) values[i] = x[i] - 0.43;
  };
  const auto temperature = [](void*, int64_t count, const double* x, const double*, const double*, double* values) {
    for (int64_t i = 0; i < count; ++i) values[i] = 5.0 * x[i] + (x[i] < 0.43 ? 0.0 : 1.0);
  };
  ASSERT_EQ(nbm_problem_set_function(problem.get(), NBM_LEVEL_SET, before_contact, nullptr), NBM_OK);
  for (const nbm_field side : {NBM_BOUNDARY_MINUS, NBM_BOUNDARY_PLUS}) {
    ASSERT_EQ(nbm_problem_set_function(problem.get(), side, temperature, nullptr), NBM_OK);
  }
  for (const nbm_field side : {NBM_MU_MINUS, NBM_MU_PLUS}) {
    ASSERT_EQ(nbm_problem_set_constant(problem.get(), side, 200.0), NBM_OK);
  }
  ASSERT_EQ(nbm_problem_set_constant(problem.get(), NBM_RESISTANCE, 1e-3), NBM_OK);
  ASSERT_EQ(nbm_problem_set_constant(problem.get(), NBM_SURFACE_REACTION, 0.0), NBM_OK);
  const int64_t cells[3] = {8, 8, 8};
  nbm_solution* solved = nullptr;
  ASSERT_EQ(nbm_solve_on_grid(problem.get(), cells, 1e-12, 1, &solved), NBM_OK) << nbm_last_error();
  const Handle<nbm_solution> solution(solved);
  const double x[2] = {0.4, 0.5}, yz[2] = {0.5, 0.5};
  std::array<double, 2> u{};
  ASSERT_EQ(nbm_solution_evaluate(solution.get(), 2, x, yz, yz, 1, u.data()), NBM_OK);
  EXPECT_NEAR(u[0], 2.0, 1e-8);
  EXPECT_NEAR(u[1], 3.5, 1e-8);
}

// u = x: a flux of -1 into the box at -x, and one of 3 (4/3 - u) = 1 at +x.
TEST(CApi, WallsHaveLaws) {
  const auto problem = plain_problem();
  ASSERT_EQ(nbm_problem_set_constant(problem.get(), NBM_WALL(0, 1, NBM_FLUX), -1.0), NBM_OK);
  ASSERT_EQ(nbm_problem_set_constant(problem.get(), NBM_WALL(1, 1, NBM_TRANSFER), 3.0), NBM_OK);
  ASSERT_EQ(nbm_problem_set_constant(problem.get(), NBM_WALL(1, 1, NBM_AMBIENT), 4.0 / 3.0), NBM_OK);
  EXPECT_EQ(nbm_problem_set_constant(problem.get(), NBM_WALL(6, 0, 0), 1.0), NBM_INVALID_ARGUMENT);
  const int64_t cells[3] = {8, 8, 8};
  nbm_solution* made = nullptr;
  ASSERT_EQ(nbm_solve_on_grid(problem.get(), cells, 1e-12, 1, &made), NBM_OK) << nbm_last_error();
  const Handle<nbm_solution> solution(made);
  const double x = 0.93, y = -0.2, z = 0.7;
  double u = 0;
  EXPECT_EQ(nbm_solution_evaluate(solution.get(), 1, &x, &y, &z, 1, &u), NBM_OK);
  EXPECT_NEAR(u, x, 1e-9);
}

TEST(CApi, NetworksMeetPeriods) {
  const auto problem = plain_problem();
  ASSERT_EQ(nbm_problem_set_constant(problem.get(), NBM_PERIOD(0), 2.0), NBM_OK);
  const auto trainer = trainer_of(problem.get(), small_options());
  ASSERT_EQ(nbm_trainer_run(trainer.get(), nullptr, nullptr), NBM_OK) << nbm_last_error();
  nbm_solution* made = nullptr;
  ASSERT_EQ(nbm_trainer_solution(trainer.get(), &made), NBM_OK);
  const Handle<nbm_solution> solution(made);
  const double x[3] = {-1.0, 1.0, 0.3}, y[3] = {0.1, 0.1, 0.4}, z[3] = {-0.7, -0.7, 0.2};
  std::array<double, 3> u{};
  ASSERT_EQ(nbm_solution_evaluate(solution.get(), 3, x, y, z, 1, u.data()), NBM_OK);
  EXPECT_NEAR(u[1] - u[0], 2.0, 1e-13);
  EXPECT_NEAR(u[2], 0.3, 5e-2);
  ASSERT_EQ(nbm_problem_set_function(problem.get(), NBM_PERIOD(0), x_coordinate, nullptr), NBM_OK);
  const nbm_options options = small_options();
  nbm_trainer* none = nullptr;
  EXPECT_EQ(nbm_trainer_create(problem.get(), &options, "cpu", nullptr, &none), NBM_INVALID_ARGUMENT);
}

TEST(CApi, ParametersStartAnotherTraining) {
  const auto problem = plain_problem();
  auto options = small_options();
  const auto trainer = trainer_of(problem.get(), options);
  options.seed = 5;
  const auto other = trainer_of(problem.get(), options);
  int64_t count = 0;
  ASSERT_EQ(nbm_trainer_parameter_count(trainer.get(), &count), NBM_OK);
  EXPECT_EQ(count, 2 * (12 * 3 + 12 + 12 + 1));
  std::vector<double> parameters(static_cast<std::size_t>(count)), read(parameters.size());
  ASSERT_EQ(nbm_trainer_get_parameters(trainer.get(), count, parameters.data()), NBM_OK);
  ASSERT_EQ(nbm_trainer_set_parameters(other.get(), count, parameters.data()), NBM_OK);
  ASSERT_EQ(nbm_trainer_get_parameters(other.get(), count, read.data()), NBM_OK);
  EXPECT_EQ(read, parameters);
  EXPECT_EQ(nbm_trainer_get_parameters(other.get(), count - 1, read.data()), NBM_INVALID_ARGUMENT);
}

// Observations alone are a fit of their values.
TEST(CApi, ObservationsAreFitted) {
  const auto problem = plain_problem();
  const std::vector<double> x = {-0.8, -0.2, 0.1, 0.3, 0.9}, y = {0.1, 0.2, -0.3, 0.4, 0.5}, z(5, 0.0);
  const std::vector<double> values = {3.0, 1.0, 4.0, 1.0, 5.0};
  ASSERT_EQ(nbm_problem_add_observations(problem.get(), "sensors", 5, x.data(), y.data(), z.data(), values.data(),
                                         nullptr, NBM_SIDE_PLUS, 0),
            NBM_OK);
  const auto trainer = trainer_of(problem.get(), small_options());
  for (const char* group : {"regular", "irregular", "boundary"}) {
    ASSERT_EQ(nbm_trainer_set_weight(trainer.get(), group, 0.0), NBM_OK) << nbm_last_error();
  }
  ASSERT_EQ(nbm_trainer_run(trainer.get(), nullptr, nullptr), NBM_OK) << nbm_last_error();
  double loss = 1;
  ASSERT_EQ(nbm_trainer_loss(trainer.get(), &loss), NBM_OK);
  EXPECT_LT(loss, 1e-3);  // five values, 61 parameters; 10 at first
  EXPECT_EQ(nbm_trainer_set_weight(trainer.get(), "thermometers", 1.0), NBM_INVALID_ARGUMENT);
  EXPECT_EQ(nbm_problem_add_observations(problem.get(), "more", 5, x.data(), nullptr, z.data(), values.data(), nullptr,
                                         NBM_SIDE_OF_POINT, 0),
            NBM_INVALID_ARGUMENT);
}

TEST(CApi, TrainsTheOutputLayerAloneOrANetworkForEachPiece) {
  const auto problem = plain_problem();
  auto options = small_options();
  options.trained = NBM_OUTPUT_LAYER;
  const auto output = trainer_of(problem.get(), options);
  constexpr std::size_t kParameters = 2 * (12 * 4 + 13);
  std::array<double, kParameters> before{}, after{};
  ASSERT_EQ(nbm_trainer_get_parameters(output.get(), kParameters, before.data()), NBM_OK) << nbm_last_error();
  ASSERT_EQ(nbm_trainer_run(output.get(), nullptr, nullptr), NBM_OK) << nbm_last_error();
  ASSERT_EQ(nbm_trainer_get_parameters(output.get(), kParameters, after.data()), NBM_OK);
  for (std::size_t i = 0; i < kParameters; ++i) EXPECT_EQ(after[i] == before[i], i % (kParameters / 2) < 48) << i;

  options = small_options();
  options.networks = NBM_NETWORKS_OF_PIECES;
  const auto of_pieces = trainer_of(problem.get(), options);
  EXPECT_EQ(nbm_trainer_step(of_pieces.get(), 1, nullptr, nullptr), NBM_OK) << nbm_last_error();
  options.trained = 2;
  nbm_trainer* none = nullptr;
  EXPECT_EQ(nbm_trainer_create(problem.get(), &options, "cpu", nullptr, &none), NBM_INVALID_ARGUMENT);
}

TEST(CApi, RecordFunctionEndsTheTraining) {
  const auto problem = plain_problem();
  const auto trainer = trainer_of(problem.get(), small_options());
  int64_t last = -1;
  const auto record = [](void* user, int64_t step, double loss) -> int32_t {
    *static_cast<int64_t*>(user) = step;
    return std::isfinite(loss) && step >= 3;
  };
  ASSERT_EQ(nbm_trainer_run(trainer.get(), record, &last), NBM_OK);
  EXPECT_EQ(last, 3);
}

TEST(CApi, CheckpointsGoOnWithTheSameBits) {
  const auto problem = plain_problem();
  const auto options = small_options();
  const std::string path = nbm::testing::temporary_file("c_checkpoint.safetensors");
  const auto whole = trainer_of(problem.get(), options), half = trainer_of(problem.get(), options),
             rest = trainer_of(problem.get(), options);
  ASSERT_EQ(nbm_trainer_run(whole.get(), nullptr, nullptr), NBM_OK);
  ASSERT_EQ(nbm_trainer_step(half.get(), 5, nullptr, nullptr), NBM_OK);
  ASSERT_EQ(nbm_trainer_save_checkpoint(half.get(), path.c_str()), NBM_OK) << nbm_last_error();
  ASSERT_EQ(nbm_trainer_load_checkpoint(rest.get(), path.c_str()), NBM_OK) << nbm_last_error();
  ASSERT_EQ(nbm_trainer_run(rest.get(), nullptr, nullptr), NBM_OK);
  double expected = 0, loss = 1;
  EXPECT_EQ(nbm_trainer_loss(whole.get(), &expected), NBM_OK);
  EXPECT_EQ(nbm_trainer_loss(rest.get(), &loss), NBM_OK);
  EXPECT_EQ(loss, expected);
  std::filesystem::remove(path);
}

TEST(CApi, ErrorsAreStatusAndTextOfTheThread) {
  nbm_problem* problem = nullptr;
  EXPECT_EQ(nbm_problem_create(kUpper, kLower, &problem), NBM_INVALID_ARGUMENT);
  EXPECT_EQ(problem, nullptr);
  const std::string text = nbm_last_error();
  EXPECT_FALSE(text.empty());
  std::thread([] { EXPECT_STREQ(nbm_last_error(), ""); }).join();
  EXPECT_EQ(nbm_last_error(), text);

  const auto good = plain_problem();
  EXPECT_EQ(nbm_problem_set_constant(good.get(), 77, 1.0), NBM_INVALID_ARGUMENT);
  EXPECT_EQ(nbm_problem_set_constant(nullptr, NBM_LEVEL_SET, 1.0), NBM_INVALID_ARGUMENT);
  EXPECT_EQ(nbm_problem_set_function(good.get(), NBM_LEVEL_SET, nullptr, nullptr), NBM_INVALID_ARGUMENT);
  const int64_t flat[3] = {9, 9, 0};
  const double value = 1;
  EXPECT_EQ(nbm_problem_set_grid(good.get(), NBM_LEVEL_SET, flat, &value), NBM_INVALID_ARGUMENT);

  nbm_trainer* trainer = nullptr;
  const nbm_options unset{};
  EXPECT_EQ(nbm_trainer_create(good.get(), &unset, "cpu", nullptr, &trainer), NBM_INVALID_ARGUMENT);
  auto options = small_options();
  EXPECT_EQ(nbm_trainer_create(good.get(), &options, "abacus", nullptr, &trainer), NBM_INVALID_ARGUMENT);
  options.optimizer = 9;
  EXPECT_EQ(nbm_trainer_create(good.get(), &options, "cpu", nullptr, &trainer), NBM_INVALID_ARGUMENT);
  options = small_options();
  ASSERT_EQ(nbm_problem_set_function(good.get(), NBM_F_PLUS, nothing_here, nullptr), NBM_OK);
  EXPECT_EQ(nbm_trainer_create(good.get(), &options, "cpu", nullptr, &trainer), NBM_INVALID_FIELD);
  EXPECT_NE(std::string(nbm_last_error()).find("plus.f"), std::string::npos);
  EXPECT_EQ(trainer, nullptr);

  nbm_solution* solution = nullptr;
  EXPECT_EQ(nbm_solution_load("/no/such/file", &solution), NBM_FILE_ERROR);
  nbm_problem_destroy(nullptr);
  nbm_trainer_destroy(nullptr);
  nbm_solution_destroy(nullptr);
  nbm_communicator_destroy(nullptr);
  EXPECT_STRNE(nbm_version(), "");
}

TEST(CApi, SolutionsOnAGpuNeedOne) {
  const auto problem = plain_problem();
  const auto trainer = trainer_of(problem.get(), small_options());
  nbm_solution* made = nullptr;
  ASSERT_EQ(nbm_trainer_solution(trainer.get(), &made), NBM_OK);
  const Handle<nbm_solution> solution(made);
  nbm_device_solution* device = nullptr;
  EXPECT_EQ(nbm_device_solution_create(solution.get(), "cpu", &device), NBM_INVALID_ARGUMENT);
  EXPECT_EQ(nbm_device_solution_create(solution.get(), "cuda:1000", &device), NBM_BACKEND_UNAVAILABLE);
  EXPECT_NE(std::string(nbm_last_error()).find("cuda"), std::string::npos);
  EXPECT_EQ(nbm_device_solution_create(nullptr, "cuda", &device), NBM_INVALID_ARGUMENT);
  EXPECT_EQ(device, nullptr);
  EXPECT_EQ(nbm_device_solution_evaluate(nullptr, 0, nullptr, nullptr, nullptr, NBM_FLOAT64, nullptr, nullptr),
            NBM_INVALID_ARGUMENT);
  nbm_device_solution_destroy(nullptr);
}

}  // namespace
