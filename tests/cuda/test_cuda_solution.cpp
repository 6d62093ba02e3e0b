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
#include "sample_basis.hpp"
#include "solution/fixtures.hpp"
#include "temporary_file.hpp"

namespace {

using nbm::Branch;
using nbm::Device;
using nbm::DeviceMemory;
using nbm::DeviceOutputs;
using nbm::DevicePoints;
using nbm::DeviceSolution;
using nbm::index_t;
using nbm::kDim;
using nbm::Precision;
using nbm::Side;
using nbm::Siren;
using nbm::Solution;
using nbm::test::kOblong;
using nbm::test::make_solution;
using nbm::test::scattered;
using nbm::test::sphere;

constexpr std::array kBranches = {Branch::own, Branch::minus, Branch::plus, Branch::jump};

nbm::Expansion sample_expansion() { return nbm::testing::sample_expansion(kOblong.lower, kOblong.upper); }

// Values and gradient of a branch at some points; the fourth component is the value.
using Results = std::array<std::vector<double>, kDim + 1>;

Results results_of_size(std::size_t n) {
  return {std::vector<double>(n), std::vector<double>(n), std::vector<double>(n), std::vector<double>(n)};
}

Results on_cpu(const Solution& solution, nbm::PointsView points, Branch branch, Precision precision) {
  nbm::ThreadPool pool(1);
  const auto n = static_cast<std::size_t>(points.size);
  Results r = results_of_size(n);
  if (branch == Branch::own) {
    solution.evaluate_gradient(points, r[3], {r[0], r[1], r[2]}, pool, precision);
  } else if (branch != Branch::jump) {
    const Side side = branch == Branch::minus ? Side::minus : Side::plus;
    solution.evaluate_gradient_side(side, points, r[3], {r[0], r[1], r[2]}, pool, precision);
  } else {
    const Results minus = on_cpu(solution, points, Branch::minus, precision);
    r = on_cpu(solution, points, Branch::plus, precision);
    for (std::size_t k = 0; k < r.size(); ++k) {
      for (std::size_t i = 0; i < n; ++i) r[k][i] -= minus[k][i];
    }
  }
  return r;
}

// Some hundred roundings of terms of order one; slopes are larger by the weights of the first layer and the edge of
// the box.
void expect_near(const Results& found, const Results& expected, double round_off) {
  for (std::size_t k = 0; k < found.size(); ++k) {
    const double error = 300 * round_off * (k == 3 ? 1 : 10);
    for (std::size_t i = 0; i < found[k].size(); ++i) ASSERT_NEAR(found[k][i], expected[k][i], error) << k << ", " << i;
  }
}

double round_off(Precision precision) {
  return precision == Precision::float32 ? std::numeric_limits<float>::epsilon()
                                         : std::numeric_limits<double>::epsilon();
}

TEST(DeviceSolution, FromHostMemoryIsThatOfTheCpu) {
  NBM_NEEDS_DEVICE();
  for (const Siren& siren : {Siren{}, Siren{.hidden = {100}}, Siren{.hidden = {3, 4}, .omega = 4.0}}) {
    const Solution networks = make_solution(sphere(0.9), siren);
    Solution solution = siren.hidden.size() == 5 ? networks : networks.corrected(nbm::test::make_correction());
    if (siren.hidden.size() == 2) solution = solution.expanded(sample_expansion());
    const DeviceSolution device(solution, Device::cuda());
    for (const index_t n : {0, 1, 33, 700}) {
      const nbm::Points points = scattered(kOblong, n);
      for (const Precision precision : {Precision::float32, Precision::float64}) {
        for (const Branch branch : kBranches) {
          const Results expected = on_cpu(solution, points.view(), branch, precision);
          Results found = results_of_size(static_cast<std::size_t>(n));
          device.evaluate_gradient(points.view(), found[3], {found[0], found[1], found[2]}, branch, precision);
          expect_near(found, expected, round_off(precision));
          Results alone = found;
          device.evaluate(points.view(), alone[3], branch, precision);
          expect_near(alone, expected, round_off(precision));
        }
      }
    }
  }
}

// On device memory, in rows [n][3] of either type, on a stream of the caller.
template <class T>
void expect_device_memory(const Solution& solution, Precision precision) {
  const DeviceSolution device(solution, Device::cuda());
  const index_t n = 500;
  const auto size = static_cast<std::size_t>(n);
  nbm::Points points = scattered(kOblong, n);
  std::vector<T> rows(size * kDim);
  for (std::size_t i = 0; i < size; ++i) {
    for (int k = 0; k < kDim; ++k) {
      rows[kDim * i + static_cast<std::size_t>(k)] = static_cast<T>(points[static_cast<index_t>(i)][k]);
    }
    points.set(static_cast<index_t>(i), {static_cast<double>(rows[kDim * i]), static_cast<double>(rows[kDim * i + 1]),
                                         static_cast<double>(rows[kDim * i + 2])});
  }
  const nbm::cuda::Stream stream;
  DeviceMemory in(Device::cuda(), rows.size() * sizeof(T)), gradient(Device::cuda(), in.size()),
      values(Device::cuda(), size * sizeof(T)), level_set(Device::cuda(), values.size()), side(Device::cuda(), size);
  in.copy_from_host(rows.data(), stream);
  for (const Branch branch : kBranches) {
    DeviceOutputs<T> outputs{.values = static_cast<T*>(values.data()),
                             .level_set = static_cast<T*>(level_set.data()),
                             .side = static_cast<std::int8_t*>(side.data())};
    outputs.gradient_rows(static_cast<T*>(gradient.data()));
    device.evaluate(DevicePoints<T>::rows(static_cast<const T*>(in.data()), n), outputs, branch, precision, stream);
    std::vector<T> u(size), slopes(size * kDim), phi(size);
    std::vector<std::int8_t> sides(size);
    values.copy_to_host(u.data(), stream);
    gradient.copy_to_host(slopes.data(), stream);
    level_set.copy_to_host(phi.data(), stream);
    side.copy_to_host(sides.data(), stream);
    Results found = results_of_size(size);
    std::vector<double> expected_phi(size);
    nbm::ThreadPool pool(1);
    solution.evaluate_level_set(points.view(), expected_phi, pool);
    for (std::size_t i = 0; i < size; ++i) {
      found[3][i] = static_cast<double>(u[i]);
      for (std::size_t k = 0; k < kDim; ++k) found[k][i] = static_cast<double>(slopes[kDim * i + k]);
      // The level set is evaluated in double precision, whatever the arrays hold.
      ASSERT_EQ(phi[i], static_cast<T>(expected_phi[i]));
      ASSERT_EQ(sides[i], expected_phi[i] < 0 ? 0 : 1);
    }
    const double stored = std::numeric_limits<T>::epsilon();
    expect_near(found, on_cpu(solution, points.view(), branch, precision), std::max(round_off(precision), stored));
  }
}

TEST(DeviceSolution, FromDeviceMemoryIsThatOfTheCpu) {
  NBM_NEEDS_DEVICE();
  const Solution networks = make_solution(sphere(0.9));
  for (const Solution& solution : {networks, networks.expanded(sample_expansion())}) {
    for (const Precision precision : {Precision::float32, Precision::float64}) {
      expect_device_memory<float>(solution, precision);
      expect_device_memory<double>(solution, precision);
    }
  }
}

// What nbm.solve makes: no networks, and sums that an expansion alone determines, to 1e-12.
TEST(DeviceSolution, OfAnExpansionIsThatOfTheCpu) {
  NBM_NEEDS_DEVICE();
  const Solution solution = Solution::of_expansion(kOblong, sphere(0.9), sample_expansion());
  const DeviceSolution device(solution, Device::cuda());
  for (const index_t n : {1, 3, 333}) {
    const nbm::Points points = scattered(kOblong, n);
    for (const Branch branch : kBranches) {
      const Results expected = on_cpu(solution, points.view(), branch, Precision::float64);
      Results found = results_of_size(static_cast<std::size_t>(n));
      device.evaluate_gradient(points.view(), found[3], {found[0], found[1], found[2]}, branch);
      for (std::size_t k = 0; k < found.size(); ++k) {
        for (std::size_t i = 0; i < found[k].size(); ++i) ASSERT_NEAR(found[k][i], expected[k][i], 1e-12);
      }
      // What a point gets depends on no other point.
      Results alone = results_of_size(1);
      device.evaluate_gradient(points.view().slice(n - 1, 1), alone[3], {alone[0], alone[1], alone[2]}, branch);
      for (std::size_t k = 0; k < found.size(); ++k) EXPECT_EQ(alone[k][0], found[k].back());
    }
  }
}

// A side without pieces, pieces without sines and sources, more points than are summed at a time, a point that is not a
// number.
TEST(DeviceSolution, OfAnExpansionInParts) {
  NBM_NEEDS_DEVICE();
  nbm::PieceBasis basis;
  basis.half = {1.0, 1.0, 1.0};
  std::vector<double> coefficients(nbm::kMonomials, 0.0);
  coefficients[0] = 2.0;
  coefficients[1] = 1.5;  // the centre of the box is (0, 1.5, -0.125), its unit 1.5
  const nbm::Expansion expansion(kOblong.lower, kOblong.upper, {basis}, {.cells = {}, .label = {}, .only = {-1, 0}},
                                 coefficients);
  const DeviceSolution device(Solution::of_expansion(kOblong, sphere(0.9), expansion), Device::cuda());
  const index_t n = (index_t{1} << 16) + 7;
  nbm::Points points = scattered(kOblong, n);
  points.set(5, {NAN, 1.0, 0.0});
  std::vector<double> rows;
  for (index_t i = 0; i < n; ++i) rows.insert(rows.end(), {points[i].x, points[i].y, points[i].z});
  DeviceMemory in(Device::cuda(), rows.size() * sizeof(double)), out(Device::cuda(), in.size()),
      values(Device::cuda(), in.size() / kDim);
  in.copy_from_host(rows.data());
  DeviceOutputs<double> outputs{.values = static_cast<double*>(values.data())};
  outputs.gradient_rows(static_cast<double*>(out.data()));
  device.evaluate(DevicePoints<double>::rows(static_cast<const double*>(in.data()), n), outputs);
  std::vector<double> u(static_cast<std::size_t>(n)), slopes(rows.size());
  values.copy_to_host(u.data());
  out.copy_to_host(slopes.data());
  for (index_t i = 0; i < n; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (i == 5) {
      EXPECT_TRUE(std::isnan(u[at]));
      continue;
    }
    const bool plus = nbm::dot(points[i], points[i]) >= 0.81;
    ASSERT_NEAR(u[at], plus ? 2.0 + points[i].x : 0.0, 1e-14) << i;
    ASSERT_NEAR(slopes[kDim * at], plus ? 1.0 : 0.0, 1e-14) << i;
    ASSERT_EQ(slopes[kDim * at + 1], 0.0);
  }
}

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
      ASSERT_NEAR(found[i], expected[i], 300 * round_off(Precision::float64));
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
