#include <cmath>
#include <limits>

#include "device_fixture.hpp"
#include "nbm/core/device_memory.hpp"
#include "nbm/solution/device_solution.hpp"
#include "solution_results.hpp"

// Solutions on a GPU: that values and gradients, of networks, corrections and expansions, are those of the CPU.
namespace {

using nbm::Box;
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
using nbm::test::Results;
using nbm::test::results_of_size;
using nbm::test::sample_expansion;
using nbm::test::scattered;
using nbm::test::sphere;

constexpr std::array kBranches = {Branch::own, Branch::minus, Branch::plus, Branch::jump};

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

// A coordinate of the box at a place that is counted in cells.
double at_cell(const Box& box, int axis, double place, index_t nodes) {
  return box.lower[axis] + box.edge()[axis] * place / static_cast<double>(nodes - 1);
}

// A function on a grid alone: in the first and last cells, at nodes, between them and a little outside; values without
// gradients in float32 where that is asked for, the rest always in float64. A number type knows where in its cell a
// point lies to (nodes - 1) times its round-off. The sizes of the 4 weights of an axis add up to 2.4 at most, those of
// their first derivatives to 5.2, of the second ones to 12, for t in [-0.3, 1.3]. So a value of nodes of size 1 is off
// by at most 3 * 5.2 * 2.4^2 times that, a slope for each cell by 12 * 2.4^2 + 2 * 5.2^2
// * 2.4.
TEST(DeviceSolution, OfAGridIsThatOfTheCpu) {
  NBM_NEEDS_DEVICE();
  for (const nbm::Vec3<index_t> shape : {nbm::Vec3<index_t>{4, 4, 4}, {5, 4, 34}, {33, 6, 5}, {4, 41, 7}}) {
    std::array<std::vector<double>, nbm::kSides> values;
    for (index_t i = 0; i < shape.x * shape.y * shape.z; ++i) {
      values[0].push_back(std::sin(static_cast<double>(i * i)));
      values[1].push_back(std::cos(static_cast<double>(3 * i)));
    }
    const Solution solution(kOblong, sphere(0.9), nbm::SidedGrid(kOblong, shape, values));
    const DeviceSolution device(solution, Device::cuda());
    nbm::Points points;
    const auto places = [](index_t nodes) {
      const auto last = static_cast<double>(nodes - 1);
      return std::array{-0.3, 0.0, 0.7, 1.0, 1.0 + 1e-12, 0.5 * last + 0.1, last - 0.6, last, last + 0.3};
    };
    for (const double x : places(shape.x)) {
      for (const double y : places(shape.y)) {
        for (const double z : places(shape.z)) {
          points.push_back(
              {at_cell(kOblong, 0, x, shape.x), at_cell(kOblong, 1, y, shape.y), at_cell(kOblong, 2, z, shape.z)});
        }
      }
    }
    for (const Precision precision : {Precision::float32, Precision::float64}) {
      for (const Branch branch : kBranches) {
        const Results expected = on_cpu(solution, points.view(), branch, precision);
        Results found = results_of_size(points.x.size()), alone = found;
        device.evaluate_gradient(points.view(), found[3], {found[0], found[1], found[2]}, branch, precision);
        device.evaluate(points.view(), alone[3], branch, precision);
        const double most = static_cast<double>(std::max({shape.x, shape.y, shape.z}));
        const double moved = (branch == Branch::jump ? 2.0 : 1.0) * most * round_off(Precision::float64);
        const double moved_alone = moved / round_off(Precision::float64) * round_off(precision);
        for (std::size_t i = 0; i < points.x.size(); ++i) {
          ASSERT_NEAR(found[3][i], expected[3][i], 90 * moved) << i;
          ASSERT_NEAR(alone[3][i], expected[3][i], 90 * moved_alone) << i;
          for (int k = 0; k < kDim; ++k) {
            const double cells = static_cast<double>(shape[k] - 1) / kOblong.edge()[k];
            ASSERT_NEAR(found[static_cast<std::size_t>(k)][i], expected[static_cast<std::size_t>(k)][i],
                        200 * moved * cells)
                << k << ", " << i;
          }
        }
      }
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

}  // namespace
