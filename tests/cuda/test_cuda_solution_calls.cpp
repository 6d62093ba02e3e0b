#include <cmath>
#include <filesystem>
#include <limits>
#include <thread>

#include "device_fixture.hpp"
#include "nbm/core/device_memory.hpp"
#include "nbm/core/error.hpp"
#include "nbm/solution/device_solution.hpp"
#include "nbm_c.h"
#include "problems.hpp"
#include "solution_results.hpp"
#include "temporary_file.hpp"

// Solutions on a GPU: what a call writes, takes, refuses and stops; level sets of every kind; from C.
namespace {

using nbm::Branch;
using nbm::Device;
using nbm::DeviceMemory;
using nbm::DevicePoints;
using nbm::DeviceSolution;
using nbm::Solution;
using nbm::test::kOblong;
using nbm::test::make_solution;
using nbm::test::Results;
using nbm::test::results_of_size;
using nbm::test::sample_expansion;
using nbm::test::scattered;
using nbm::test::sphere;

// What is not asked for is not written, and columns are as good as rows.
TEST(DeviceSolution, WritesWhatIsAskedFor) {
  NBM_NEEDS_DEVICE();
  const Solution solution = make_solution(sphere(0.9));
  const DeviceSolution device(solution, Device::cuda());
  const nbm::Points points = scattered(kOblong, 40);
  DeviceMemory x(Device::cuda(), 320), y(Device::cuda(), 320), z(Device::cuda(), 320), u(Device::cuda(), 320);
  x.copy_from_host(points.x.data());
  y.copy_from_host(points.y.data());
  z.copy_from_host(points.z.data());
  const DevicePoints<double> columns{.x = static_cast<const double*>(x.data()),
                                     .y = static_cast<const double*>(y.data()),
                                     .z = static_cast<const double*>(z.data()),
                                     .size = 40};
  device.evaluate(columns, {.values = static_cast<double*>(u.data())});
  std::vector<double> found(40), expected(40);
  u.copy_to_host(found.data());
  device.evaluate(points.view(), expected);
  EXPECT_EQ(found, expected);
  device.evaluate(columns, {.level_set = static_cast<double*>(u.data())});
  u.copy_to_host(found.data());
  nbm::ThreadPool pool(1);
  solution.evaluate_level_set(points.view(), expected, pool);
  EXPECT_EQ(found, expected);
  device.evaluate(columns, {});
  EXPECT_THROW(device.evaluate(columns, {.gradient = {static_cast<double*>(u.data()), nullptr, nullptr}}),
               nbm::InvalidArgument);
  EXPECT_THROW(device.evaluate(points.view(), std::span(found).first(7)), nbm::InvalidArgument);
}

TEST(DeviceSolution, HasLevelSetsOfEveryKindButFunctions) {
  NBM_NEEDS_DEVICE();
  nbm::ThreadPool pool(1);
  for (const nbm::Field& level_set :
       {nbm::Field(0.5), nbm::Field(-0.5), nbm::Field(nbm::testing::gridded_sphere(nbm::Interpolation::cubic))}) {
    const Solution solution = make_solution(level_set, {}, nbm::Box{});
    const nbm::Points points = scattered(nbm::Box{}, 200);
    std::vector<double> found(200), expected(200);
    DeviceSolution(solution, Device::cuda()).evaluate(points.view(), found);
    solution.evaluate(points.view(), expected, pool);
    for (std::size_t i = 0; i < found.size(); ++i)
      ASSERT_NEAR(found[i], expected[i], 300 * std::numeric_limits<double>::epsilon());
  }
  const Solution called = make_solution(nbm::Field([](nbm::PointsView, std::span<double>) {}));
  try {
    DeviceSolution(called, Device::cuda());
    FAIL() << "a host function was taken";
  } catch (const nbm::InvalidArgument& error) {
    EXPECT_EQ(error.name, "level_set");
  }
}

// sqrt(x): not a number for half of the points.
TEST(DeviceSolution, MeetsLevelSetsThatAreNotFinite) {
  NBM_NEEDS_DEVICE();
  const Solution solution = make_solution(nbm::Field(nbm::Expression(sqrt(nbm::symbols::x()))), {}, nbm::Box{});
  const DeviceSolution device(solution, Device::cuda());
  nbm::Points points(2);
  points.set(0, {0.25, 0, 0});
  points.set(1, {-0.25, 0.5, 0});
  std::vector<double> values(2);
  try {
    device.evaluate(points.view(), values);
    FAIL() << "NaN was taken";
  } catch (const nbm::InvalidField& error) {
    EXPECT_EQ(error.field, "level_set");
    EXPECT_EQ(error.point, (nbm::Vec3<double>{-0.25, 0.5, 0}));
  }
  EXPECT_THROW(device.evaluate_level_set(points.view(), values), nbm::InvalidField);
  device.evaluate(points.view(), values, Branch::minus);  // which does not ask for the side

  // On device memory, where nobody waits, they become NaN.
  DeviceMemory in(Device::cuda(), 48), out(Device::cuda(), 16), side(Device::cuda(), 2);
  const double rows[6] = {0.25, 0, 0, -0.25, 0.5, 0};
  in.copy_from_host(rows);
  device.evaluate(DevicePoints<double>::rows(static_cast<const double*>(in.data()), 2),
                  {.values = static_cast<double*>(out.data()), .side = static_cast<std::int8_t*>(side.data())});
  out.copy_to_host(values.data());
  std::int8_t sides[2];
  side.copy_to_host(sides);
  EXPECT_TRUE(std::isfinite(values[0]));
  EXPECT_TRUE(std::isnan(values[1]));
  EXPECT_EQ(sides[0], 1);
  EXPECT_EQ(sides[1], -1);
}

TEST(DeviceSolution, ServesManyThreads) {
  NBM_NEEDS_DEVICE();
  const DeviceSolution device(make_solution(sphere(0.9)), Device::cuda());
  const nbm::Points points = scattered(kOblong, 300);
  std::vector<double> alone(300);
  device.evaluate(points.view(), alone);
  std::array<std::vector<double>, 3> found;
  std::vector<std::thread> threads;
  for (auto& values : found) {
    threads.emplace_back([&] {
      values.resize(300);
      device.evaluate(points.view(), values);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& values : found) EXPECT_EQ(values, alone);
}

#if defined(NBM_CUDA_ON_CPU)
// To take or give back memory stops a GPU: only the first call of a kind may.
TEST(DeviceSolution, DoesNotStopTheGpu) {
  const DeviceSolution device(make_solution(sphere(0.9)).expanded(sample_expansion()), Device::cuda());
  const nbm::Points points = scattered(kOblong, 100);
  std::vector<double> values(100);
  Results gradient = results_of_size(100);
  const auto evaluate = [&] {
    device.evaluate(points.view(), values);
    device.evaluate_gradient(points.view(), gradient[3], {gradient[0], gradient[1], gradient[2]});
    const nbm::DeviceMemory memory(Device::cuda(), 800, nullptr);
  };
  evaluate();
  const std::size_t before = cuda_on_cpu::stops;
  evaluate();
  EXPECT_EQ(cuda_on_cpu::stops, before);
}
#endif

TEST(DeviceSolution, NeedsADevice) {
  const Solution solution = make_solution(sphere(0.9));
  EXPECT_THROW(DeviceSolution(solution, Device::cpu()), nbm::InvalidArgument);
  EXPECT_THROW(DeviceSolution(solution, Device::cuda(nbm::cuda::device_count())), nbm::BackendUnavailable);
}

// The C interface, on device memory; columns of either type.
template <class T, class Evaluate>
void expect_c_values(const std::vector<double>& expected, const nbm::Points& points, Evaluate evaluate) {
  const std::size_t n = expected.size();
  std::vector<DeviceMemory> memory;
  for (const auto* column : {&points.x, &points.y, &points.z, &expected, &expected, &expected, &expected}) {
    const std::vector<T> numbers(column->begin(), column->end());
    memory.emplace_back(Device::cuda(), n * sizeof(T)).copy_from_host(numbers.data());
  }
  const auto at = [&](std::size_t i) { return static_cast<T*>(memory[i].data()); };
  ASSERT_EQ(evaluate(static_cast<int64_t>(n), at(0), at(1), at(2), at(3), std::array{at(4), at(5), at(6)}), NBM_OK)
      << nbm_last_error();
  std::vector<T> found(n);
  memory[3].copy_to_host(found.data());
  // Rounded points move the values by their slopes.
  const double error = 3000 * std::numeric_limits<T>::epsilon();
  for (std::size_t i = 0; i < n; ++i) ASSERT_NEAR(static_cast<double>(found[i]), expected[i], error);
}

TEST(DeviceSolution, FromC) {
  NBM_NEEDS_DEVICE();
  // No minus side: a rounded point cannot change its side.
  const Solution solution = make_solution(nbm::Field(1.0));
  const std::string path = nbm::testing::temporary_file("device.safetensors");
  solution.save(path);
  nbm_solution* loaded = nullptr;
  nbm_device_solution* device = nullptr;
  ASSERT_EQ(nbm_solution_load(path.c_str(), &loaded), NBM_OK) << nbm_last_error();
  ASSERT_EQ(nbm_device_solution_create(loaded, "cuda", &device), NBM_OK) << nbm_last_error();
  nbm_solution_destroy(loaded);
  std::filesystem::remove(path);
  const nbm::Points points = scattered(kOblong, 50);
  std::vector<double> expected(50);
  nbm::ThreadPool pool(1);
  solution.evaluate(points.view(), expected, pool);
  expect_c_values<double>(expected, points, [&](auto count, auto* x, auto* y, auto* z, auto* u, auto) {
    return nbm_device_solution_evaluate(device, count, x, y, z, NBM_FLOAT64, nullptr, u);
  });
  expect_c_values<float>(expected, points, [&](auto count, auto* x, auto* y, auto* z, auto* u, auto) {
    return nbm_device_solution_evaluate_float(device, count, x, y, z, NBM_FLOAT32, nullptr, u);
  });
  expect_c_values<double>(expected, points, [&](auto count, auto* x, auto* y, auto* z, auto* u, auto g) {
    return nbm_device_solution_evaluate_gradient(device, count, x, y, z, NBM_FLOAT64, nullptr, u, g[0], g[1], g[2]);
  });
  expect_c_values<float>(expected, points, [&](auto count, auto* x, auto* y, auto* z, auto* u, auto g) {
    return nbm_device_solution_evaluate_gradient_float(device, count, x, y, z, NBM_FLOAT64, nullptr, u, g[0], g[1],
                                                       g[2]);
  });
  EXPECT_EQ(nbm_device_solution_evaluate(device, 1, nullptr, nullptr, nullptr, NBM_FLOAT64, nullptr, nullptr),
            NBM_INVALID_ARGUMENT);
  EXPECT_EQ(nbm_device_solution_evaluate(device, 0, nullptr, nullptr, nullptr, 7, nullptr, nullptr),
            NBM_INVALID_ARGUMENT);
  EXPECT_EQ(nbm_device_solution_evaluate(device, 0, nullptr, nullptr, nullptr, NBM_FLOAT64, nullptr, nullptr), NBM_OK);
  nbm_device_solution_destroy(device);
}

}  // namespace
