#include <numeric>

#include "device_fixture.hpp"
#include "nbm/core/error.hpp"
#include "nbm/training/trainer.hpp"

namespace {

using nbm::Device;
using nbm::Precision;
using nbm::Siren;
using nbm::Trainer;
using nbm::TrainingOptions;
using nbm::testing::sphere_problem;

TrainingOptions small_options(Precision precision) {
  TrainingOptions options;
  options.network = Siren{.hidden = {10, 10, 10, 10, 10}};
  options.resolution.coarsest = {0.125, 0.125, 0.125};
  options.sampling.counts = {101, 13, 17};
  options.precision = precision;
  options.threads = 1;
  options.record_every = 1;
  return options;
}

// Parameters after `steps` steps on either device.
void expect_same_training(const TrainingOptions& options, nbm::index_t steps, double parameters, double loss) {
  Trainer cpu(sphere_problem(), options, Device::cpu()), gpu(sphere_problem(), options, Device::cuda());
  cpu.step(steps);
  gpu.step(steps);
  ASSERT_EQ(cpu.history().size(), gpu.history().size());
  for (std::size_t i = 0; i < cpu.history().size(); ++i) {
    EXPECT_EQ(gpu.history()[i].rows, cpu.history()[i].rows);
    EXPECT_NEAR(gpu.history()[i].loss, cpu.history()[i].loss, loss * cpu.history()[i].loss) << "step " << i;
  }
  for (std::size_t i = 0; i < cpu.parameters().size(); ++i) {
    ASSERT_NEAR(gpu.parameters()[i], cpu.parameters()[i], parameters) << "parameter " << i;
  }
}

// A step of Adam divides each derivative by its own size: a derivative's round-off of 1e-12 of the largest one is
// 1e-8 of one that is ten thousand times smaller, and moves its parameter by that part of the rate, 1e-2.
TEST(DeviceTraining, TenStepsOfAdam) {
  NBM_NEEDS_DEVICE();
  expect_same_training(small_options(Precision::float64), 10, 1e-8, 1e-9);
  auto direct = small_options(Precision::float64);
  direct.discretization = nbm::Discretization::direct_jump;
  direct.network = Siren{.hidden = {100}};
  expect_same_training(direct, 10, 1e-8, 1e-9);
}

// In single precision round-off is 1e9 times as large; a gradient near zero may take either sign.
TEST(DeviceTraining, TenStepsOfAdamInSinglePrecision) {
  NBM_NEEDS_DEVICE();
  expect_same_training(small_options(Precision::float32), 10, 2e-2, 2e-3);
}

TEST(DeviceTraining, GridBatches) {
  NBM_NEEDS_DEVICE();
  auto options = small_options(Precision::float64);
  options.sampling.mode = nbm::SamplingOptions::Mode::grid;
  options.sampling.grid_nodes = 9;
  options.sampling.batch = 200;
  expect_same_training(options, 3, 1e-8, 1e-9);
}

// The normal equations have condition numbers near 1e10, damped to 1e-3 of the diagonal at first and less then.
TEST(DeviceTraining, FiveStepsOfGaussNewton) {
  NBM_NEEDS_DEVICE();
  auto options = small_options(Precision::float64);
  options.network = Siren{.hidden = {7, 6}};
  options.optimizer = nbm::GaussNewtonOptions{};
  expect_same_training(options, 5, 1e-5, 1e-6);
}

TEST(DeviceTraining, HasTheSameBitsTwice) {
  NBM_NEEDS_DEVICE();
  Trainer first(sphere_problem(), small_options(Precision::float32), Device::cuda());
  Trainer second(sphere_problem(), small_options(Precision::float32), Device::cuda());
  first.step(3);
  second.step(3);
  EXPECT_EQ(first.parameters(), second.parameters());
}

TEST(DeviceTraining, NeedsADevice) {
  const Device missing = Device::cuda(nbm::cuda::device_count());
  EXPECT_THROW(Trainer(sphere_problem(), small_options(Precision::float64), missing), nbm::BackendUnavailable);
}

}  // namespace
