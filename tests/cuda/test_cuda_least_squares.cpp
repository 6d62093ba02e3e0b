#include <utility>
#include <vector>

#include "device_fixture.hpp"
#include "training/least_squares.hpp"

// Gauss-Newton steps on the device against those of the CPU.
namespace {

using nbm::LinearSystem;
using nbm::PerGroup;
using nbm::Precision;
using nbm::RowSet;
using nbm::Siren;
using nbm::testing::both_networks;
using nbm::testing::expect_same;
using nbm::testing::OnDevice;

constexpr PerGroup<double> kFactors = {0.7, 1.3, 0.9, 1.1, 0.4, 0.6, 0.8};

struct Case {
  Siren siren;
  LinearSystem system;
};

void PrintTo(const Case& c, std::ostream* out) {
  PrintTo(c.siren, out);
  *out << ' ' << nbm::to_string(c.system);
}

class DeviceLeastSquares : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override { NBM_NEEDS_DEVICE(); }

  Siren siren = GetParam().siren;
  LinearSystem system = GetParam().system;
  RowSet rows = nbm::testing::sample_rows(nbm::testing::sphere_problem(), {21, 3, 5}, 2.0 / 16);
  std::vector<double> p = both_networks(siren);
  nbm::ThreadPool pool{1};
};

TEST_P(DeviceLeastSquares, StepIsThatOfTheHost) {
  std::vector<double> host(p.size()), device(p.size());
  nbm::LeastSquares on_host;
  const auto expected = on_host.linearize(siren, p, rows, kFactors, system, host, pool);
  OnDevice gpu(siren, rows, Precision::float64);
  const auto sums = gpu.linearize(p, kFactors, system, device);
  // Sums of some hundred terms in another order.
  expect_same(sums, expected, 1e-12);
  expect_same(device, host, 1e-12);
  for (const double damping : {10.0, 1e-2}) {
    ASSERT_TRUE(on_host.solve_damped(damping, host, pool));
    ASSERT_TRUE(gpu.least_squares().solve_damped(damping, device));
    // Scaled to a unit diagonal the condition number is at most (n + damping) / damping; round-off in n sums.
    const auto n = static_cast<double>(p.size());
    expect_same(device, host, 2.3e-16 * n * (n + damping) / damping);
  }
}

class DeviceNormalEquations : public DeviceLeastSquares {};

TEST_P(DeviceNormalEquations, ArePackedAsTheHostPacksThem) {
  std::vector<double> gradient(p.size()), host, device;
  nbm::LeastSquares on_host;
  on_host.linearize(siren, p, rows, kFactors, system, gradient, pool);
  on_host.append_normal_equations(host);
  OnDevice gpu(siren, rows, Precision::float64);
  gpu.linearize(p, kFactors, system, gradient);
  gpu.least_squares().append_normal_equations(device);
  const auto n = static_cast<std::size_t>(nbm::kSides * siren.trained_count());
  ASSERT_EQ(host.size(), n * (n + 1) / 2 + n);
  expect_same(device, host, 1e-12);
  // What was taken is what is solved: twice the right side gives twice the step.
  std::vector<double> once(p.size()), twice(p.size());
  ASSERT_TRUE(gpu.least_squares().solve_damped(1.0, once));
  for (std::size_t i = host.size() - n; i < host.size(); ++i) device[i] *= 2.0;
  gpu.least_squares().take_normal_equations(device);
  ASSERT_TRUE(gpu.least_squares().solve_damped(1.0, twice));
  for (std::size_t i = 0; i < once.size(); ++i) EXPECT_EQ(twice[i], 2.0 * once[i]);
}

// The Jacobian in panels of 32 rows, the smallest, and all of it in one panel of each kind of rows.
TEST_P(DeviceNormalEquations, DoNotDependOnThePanels) {
  const RowSet many = nbm::testing::sample_rows(nbm::testing::sphere_problem(), {210, 70, 90}, 2.0 / 16);
  OnDevice whole(siren, many, Precision::float64), tiled(siren, many, Precision::float64, 0);
  std::vector<double> gradient(p.size()), of_tiles(p.size()), matrix, of_panels;
  const auto sums = whole.linearize(p, kFactors, system, gradient);
  expect_same(tiled.linearize(p, kFactors, system, of_tiles), sums, 1e-13);
  expect_same(of_tiles, gradient, 1e-13);
  whole.least_squares().append_normal_equations(matrix);
  tiled.least_squares().append_normal_equations(of_panels);
  expect_same(of_panels, matrix, 1e-13);
}

#if defined(NBM_CUDA_ON_CPU)
// Memory of device that a linearization takes, of panels of 32 rows.
std::size_t memory_of(const Siren& siren, const nbm::SampleCounts& counts) {
  const RowSet rows = nbm::testing::sample_rows(nbm::testing::sphere_problem(), counts, 2.0 / 16);
  const std::vector<double> p = both_networks(siren);
  OnDevice gpu(siren, rows, Precision::float64, 0);
  std::vector<double> gradient(p.size());
  const std::size_t before = cuda_on_cpu::allocated;
  gpu.linearize(p, kFactors, LinearSystem::normal, gradient);
  return cuda_on_cpu::allocated - before;
}

// The Jacobian of the regular rows alone, 1500 by 226 numbers, would be 2.7 MB.
TEST(DeviceLeastSquaresMemory, DoesNotGrowWithTheRows) {
  const Siren siren{.hidden = {8, 8}};
  const std::size_t few = memory_of(siren, {210, 40, 40}), many = memory_of(siren, {1500, 40, 40});
  EXPECT_LT(many, few + (64 << 10));
  EXPECT_GT(few, std::size_t{7} * 32 * 8 * 200) << "panels";
}

// 130 unknowns of 642 parameters: a matrix and panels of these alone.
TEST(DeviceLeastSquaresMemory, IsThatOfWhatIsTrained) {
  const nbm::SampleCounts counts{210, 40, 40};
  const std::size_t all = memory_of({.hidden = {64}}, counts);
  const std::size_t output = memory_of({.hidden = {64}, .trained = nbm::TrainedLayers::output}, counts);
  EXPECT_LT(output + std::size_t{500} * 500 * 8, all);
}
#endif

Siren output_layer(std::vector<int> hidden) {
  return {.hidden = std::move(hidden), .trained = nbm::TrainedLayers::output};
}
const Case kNormal[] = {{Siren{.hidden = {6, 5}}, LinearSystem::normal},
                        {output_layer({6, 5}), LinearSystem::normal},
                        {output_layer({20}), LinearSystem::normal},
                        {output_layer({10, 10}), LinearSystem::normal},
                        {Siren{.hidden = {1}}, LinearSystem::normal},
                        {Siren{.hidden = {10, 10}}, LinearSystem::normal},
                        {Siren{.hidden = std::vector<int>(6, 10)}, LinearSystem::normal},
                        {Siren{.hidden = {8, 8, 8}}, LinearSystem::normal}};
const Case kByRows[] = {
    {Siren{.hidden = {6, 5}}, LinearSystem::rows},        {output_layer({6, 5}), LinearSystem::rows},
    {output_layer({10, 10, 10, 10}), LinearSystem::rows}, {Siren{.hidden = {37}}, LinearSystem::rows},
    {Siren{.hidden = {10, 10, 10}}, LinearSystem::rows},  {Siren{.hidden = {8, 8, 8}}, LinearSystem::rows}};

INSTANTIATE_TEST_SUITE_P(Normal, DeviceLeastSquares, ::testing::ValuesIn(kNormal));
INSTANTIATE_TEST_SUITE_P(ByRows, DeviceLeastSquares, ::testing::ValuesIn(kByRows));
INSTANTIATE_TEST_SUITE_P(Normal, DeviceNormalEquations, ::testing::ValuesIn(kNormal));

}  // namespace
