#include <cmath>
#include <cstdio>
#include <filesystem>

#include "device_fixture.hpp"
#include "nbm/core/error.hpp"
#include "nbm/training/trainer.hpp"
#include "small_training.hpp"
#include "temporary_file.hpp"
#include "training/device_adam.hpp"

// Adam with everything on the device: what a caller sees is what the CPU shows.
namespace {

using nbm::AdamOptions;
using nbm::Device;
using nbm::HistoryEntry;
using nbm::index_t;
using nbm::Precision;
using nbm::Problem;
using nbm::StopReason;
using nbm::Trainer;
using nbm::TrainingOptions;
using nbm::testing::sphere_problem;

TrainingOptions small_options() {
  TrainingOptions options = nbm::testing::small_training(AdamOptions{.steps = 12});
  options.record_every = 5;
  return options;
}

struct Variant {
  std::string name;
  TrainingOptions options;
};

Variant variant(const std::string& name, void (*change)(TrainingOptions&)) {
  Variant made{name, small_options()};
  change(made.options);
  return made;
}

// What may differ from step to step: points, cell size, weights, rate, shape.
std::vector<Variant> variants() {
  using nbm::ResolutionOrder;
  return {
      variant("plain", [](TrainingOptions&) {}),
      variant("float32", [](TrainingOptions& o) { o.precision = Precision::float32; }),
      variant("fused",
              [](TrainingOptions& o) {
                o.precision = Precision::float32;
                o.network = {};
              }),
      variant("kept", [](TrainingOptions& o) { o.sampling.refresh = 3; }),
      variant("clipped",
              [](TrainingOptions& o) {
                o.optimizer = AdamOptions{.steps = 12, .schedule = nbm::RateSchedule::cosine, .clip_norm = 1e-2};
              }),
      variant("constant",
              [](TrainingOptions& o) {
                o.optimizer = AdamOptions{.steps = 12, .schedule = nbm::RateSchedule::constant, .beta1 = 0.5};
              }),
      variant("direct", [](TrainingOptions& o) { o.discretization = nbm::Discretization::direct_jump; }),
      variant("sequential", [](TrainingOptions& o) { o.resolution.levels = 3; }),
      variant("cycle",
              [](TrainingOptions& o) {
                o.resolution.levels = 3;
                o.resolution.order = ResolutionOrder::cycle;
              }),
      variant("random",
              [](TrainingOptions& o) {
                o.resolution.levels = 3;
                o.resolution.order = ResolutionOrder::random;
                o.sampling.refresh = 2;
              }),
      variant("grid",
              [](TrainingOptions& o) {
                o.sampling.mode = nbm::SamplingOptions::Mode::grid;
                o.sampling.grid_nodes = 9;
                o.sampling.batch = 150;
                o.resolution.levels = 2;
                o.resolution.order = ResolutionOrder::cycle;
              }),
  };
}

void expect_same_entries(const nbm::History& a, const nbm::History& b, double relative) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].step, b[i].step);
    EXPECT_EQ(a[i].rows, b[i].rows);
    EXPECT_EQ(a[i].cell_size, b[i].cell_size);
    EXPECT_NEAR(a[i].rate, b[i].rate, 1e-14 * b[i].rate);
    EXPECT_NEAR(a[i].loss, b[i].loss, relative * b[i].loss);
    for (std::size_t g = 0; g < nbm::kMostGroups; ++g) {
      EXPECT_NEAR(a[i].mean_squares[g], b[i].mean_squares[g], relative * b[i].mean_squares[g]);
    }
  }
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << "parameter " << i;
}

class ResidentAdam : public ::testing::TestWithParam<Variant> {
 protected:
  void SetUp() override { NBM_NEEDS_DEVICE(); }
};

TEST_P(ResidentAdam, HasTheSameBitsReplayedOrNot) {
  TrainingOptions options = GetParam().options;
  Trainer replayed(sphere_problem(), options, Device::cuda());
  options.replay_steps = false;
  Trainer launched(sphere_problem(), options, Device::cuda());
  EXPECT_EQ(replayed.run(), StopReason::completed);
  EXPECT_EQ(launched.run(), StopReason::completed);
  EXPECT_EQ(replayed.parameters(), launched.parameters());
  expect_same_entries(replayed.history(), launched.history(), 0.0);
}

// As in test_cuda_training.cpp: round-off of 1e-12 in a derivative ten thousand times smaller than the largest one
// moves its parameter by 1e-8 of the rate; interface points differ by 1e-11 (test_cuda_sampling.cpp).
TEST_P(ResidentAdam, IsThatOfTheHost) {
  const TrainingOptions& options = GetParam().options;
  Trainer cpu(sphere_problem(), options, Device::cpu()), gpu(sphere_problem(), options, Device::cuda());
  const bool twice = options.precision == Precision::float64;
  cpu.run();
  gpu.run();
  expect_near(gpu.parameters(), cpu.parameters(), twice ? 1e-8 : 2e-2);
  expect_same_entries(gpu.history(), cpu.history(), twice ? 1e-8 : 2e-3);
}

TEST_P(ResidentAdam, DoesNotDependOnWhenTheHostReads) {
  TrainingOptions options = GetParam().options;
  Trainer seldom(sphere_problem(), options, Device::cuda());
  options.record_every = 1;
  Trainer often(sphere_problem(), options, Device::cuda());
  seldom.run();
  while (often.step(1) == StopReason::running) {
  }
  EXPECT_EQ(seldom.parameters(), often.parameters());
  nbm::History common;
  for (const HistoryEntry& entry : often.history()) {
    if (entry.step % 5 == 0 || entry.step == 11) common.push_back(entry);
  }
  expect_same_entries(seldom.history(), common, 0.0);
}

INSTANTIATE_TEST_SUITE_P(Variants, ResidentAdam, ::testing::ValuesIn(variants()),
                         [](const auto& tested) { return tested.param.name; });

class ResidentTrainer : public ::testing::Test {
 protected:
  void SetUp() override { NBM_NEEDS_DEVICE(); }
  void TearDown() override { std::filesystem::remove(path); }
  std::string path = nbm::testing::temporary_file("resident.safetensors");
};

TEST_F(ResidentTrainer, GoesOnFromACheckpointOfEitherDevice) {
  const TrainingOptions options = small_options();
  Trainer whole(sphere_problem(), options, Device::cuda());
  whole.run();
  Trainer half(sphere_problem(), options, Device::cuda());
  half.step(7);
  half.save_checkpoint(path);
  Trainer rest(sphere_problem(), options, Device::cuda());
  rest.step(2);  // what it has on the device is replaced
  rest.load_checkpoint(path);
  EXPECT_EQ(rest.steps_done(), 7);
  EXPECT_EQ(rest.parameters(), half.parameters());
  rest.run();
  EXPECT_EQ(rest.parameters(), whole.parameters());
  expect_same_entries(rest.history(), whole.history(), 0.0);
  Trainer cpu(sphere_problem(), options, Device::cpu());
  cpu.load_checkpoint(path);
  cpu.run();
  expect_near(cpu.parameters(), whole.parameters(), 1e-8);
}

TEST_F(ResidentTrainer, ShowsItsParametersToTheCallback) {
  const TrainingOptions options = small_options();
  Trainer trainer(sphere_problem(), options, Device::cuda()), stepped(sphere_problem(), options, Device::cuda());
  std::vector<std::vector<double>> seen;
  const auto look = [&](const HistoryEntry& entry) {
    seen.push_back(trainer.parameters());
    trainer.save_checkpoint(path);
    return entry.step == 5;
  };
  EXPECT_EQ(trainer.run(look), StopReason::callback);
  EXPECT_EQ(trainer.steps_done(), 6);
  ASSERT_EQ(seen.size(), 2U);
  stepped.step(1);
  EXPECT_EQ(seen[0], stepped.parameters());
  stepped.step(5);
  EXPECT_EQ(seen[1], stepped.parameters());
  Trainer saved(sphere_problem(), options, Device::cuda());
  saved.load_checkpoint(path);
  EXPECT_EQ(trainer.run(), StopReason::completed);
  EXPECT_EQ(saved.run(), StopReason::completed);
  EXPECT_EQ(trainer.parameters(), saved.parameters());
}

TEST_F(ResidentTrainer, StartsFromGivenParameters) {
  const TrainingOptions options = small_options();
  Trainer cpu(sphere_problem(), options, Device::cpu()), gpu(sphere_problem(), options, Device::cuda());
  std::vector<double> parameters = cpu.parameters();
  for (double& p : parameters) p *= 0.5;
  for (Trainer* trainer : {&cpu, &gpu}) {
    trainer->set_parameters(parameters);
    trainer->step(4);
  }
  expect_near(gpu.parameters(), cpu.parameters(), 1e-8);
}

TEST_F(ResidentTrainer, EndsOnThePlateauOfTheHost) {
  TrainingOptions options = small_options();
  options.optimizer = AdamOptions{.steps = 1000, .learning_rate = 1e-12};
  options.plateau = {.window = 7, .tolerance = 0.01};
  options.sampling.refresh = 1000;  // one draw: the loss does not fluctuate
  options.record_every = 300;
  Trainer gpu(sphere_problem(), options, Device::cuda());
  gpu.step(5);  // a window may go on in another call
  EXPECT_EQ(gpu.run(), StopReason::plateau);
  EXPECT_EQ(gpu.steps_done(), 14);
  EXPECT_EQ(gpu.history().back().step, 13);
}

// A host function in a coefficient: rows come from the CPU, the steps stay on the device.
TEST_F(ResidentTrainer, TakesRowsOfTheHost) {
  Problem problem = sphere_problem();
  problem.plus.mu = nbm::Field(nbm::FieldCallback([](nbm::PointsView points, std::span<double> values) {
    for (index_t i = 0; i < points.size; ++i) values[static_cast<std::size_t>(i)] = std::exp(-points.z[i]);
  }));
  for (const index_t refresh : {1, 3}) {
    TrainingOptions options = small_options();
    options.sampling.refresh = refresh;
    Trainer cpu(problem, options, Device::cpu()), gpu(problem, options, Device::cuda());
    cpu.run();
    gpu.run();
    expect_near(gpu.parameters(), cpu.parameters(), 1e-8);
  }
}

// Runs to an error; returns the step and what it names.
template <class Error, class Name>
std::pair<index_t, std::string> failure_of(Trainer& trainer, Name name) {
  try {
    trainer.run();
  } catch (const Error& error) {
    return {trainer.steps_done(), name(error)};
  }
  ADD_FAILURE() << "did not throw";
  return {};
}

// Adam's first step moves every parameter by the rate, wherever the sizes of derivatives.
TEST_F(ResidentTrainer, KeepsTheLastGoodParametersWhenTheLossOverflows) {
  TrainingOptions options = small_options();
  options.optimizer =
      AdamOptions{.steps = 40, .learning_rate = 1e-2, .schedule = nbm::RateSchedule::exponential, .final_fraction = 1};
  options.sampling.refresh = 3;
  options.record_every = 15;
  std::get<AdamOptions>(options.optimizer).learning_rate = 1e160;
  Trainer cpu(sphere_problem(), options, Device::cpu()), gpu(sphere_problem(), options, Device::cuda());
  const auto name = [](const nbm::NonFiniteLoss& error) { return std::to_string(error.step) + " " + error.group; };
  const auto wanted = failure_of<nbm::NonFiniteLoss>(cpu, name);
  EXPECT_EQ(failure_of<nbm::NonFiniteLoss>(gpu, name), wanted);
  EXPECT_GT(wanted.first, 0);
  for (std::size_t i = 0; i < cpu.parameters().size(); ++i) {
    EXPECT_NEAR(gpu.parameters()[i], cpu.parameters()[i], 1e-8 * std::fabs(cpu.parameters()[i])) << "parameter " << i;
  }
  expect_same_entries(gpu.history(), cpu.history(), 1e-8);
  EXPECT_EQ(failure_of<nbm::NonFiniteLoss>(gpu, name), wanted) << "at the second attempt";
}

// mu turns negative in a ball that no probe of the constructor meets.
TEST_F(ResidentTrainer, NamesTheFieldOfTheStepThatMetIt) {
  using namespace nbm::symbols;
  Problem problem = sphere_problem();
  const nbm::symbols::Symbol x = nbm::symbols::x() - 0.71, y = nbm::symbols::y() + 0.43, z = nbm::symbols::z() - 0.59;
  problem.plus.mu = nbm::Field(nbm::Expression(1.0 - 2.0 * exp(-150.0 * (x * x + y * y + z * z))));
  TrainingOptions options = small_options();
  options.record_every = 100;
  options.optimizer = AdamOptions{.steps = 200};
  Trainer cpu(problem, options, Device::cpu()), gpu(problem, options, Device::cuda());
  const auto name = [](const nbm::InvalidField& error) { return error.field; };
  const auto wanted = failure_of<nbm::InvalidField>(cpu, name);
  EXPECT_GT(wanted.first, 2);
  EXPECT_EQ(failure_of<nbm::InvalidField>(gpu, name), wanted);
  EXPECT_EQ(wanted.second, "plus.mu");
  expect_near(gpu.parameters(), cpu.parameters(), 1e-8);
  EXPECT_EQ(failure_of<nbm::InvalidField>(gpu, name), wanted) << "at the second attempt";
}

// Steps of DeviceAdam as the trainer asks for them.
struct Steps {
  Steps(const Problem& problem, const TrainingOptions& options)
      : maker(problem, options, 0, 1, stream),
        loss(options.network, options.precision, stream),
        count(2 * options.network.parameter_count()),
        adam({}, true, count, options.group_names(), maker, loss, stream, 0) {
    const std::vector<double> zeros(static_cast<std::size_t>(count), 0.0);
    adam.start(nbm::testing::both_networks(options.network), {zeros, zeros, 0});
  }
  // The records after it.
  std::size_t take(index_t draw, nbm::Vec3<double> cell_size) {
    adam.step(draw, cell_size, {1, 1, 1, 1, 1});
    return adam.records();
  }

  nbm::cuda::Stream stream;
  nbm::cuda::DeviceRowMaker maker;
  nbm::cuda::DeviceLoss loss;
  index_t count;
  nbm::cuda::DeviceAdam adam;
};

// There are three memories for rows: in each, rows and steps of a cell size are recorded at the second and replayed
// from then on.
TEST_F(ResidentTrainer, RecordsEachKindOfStepOnce) {
  const TrainingOptions options = small_options();
  Steps steps(sphere_problem(), options);
  const nbm::Vec3<double> coarse{0.125, 0.125, 0.125}, fine = 0.5 * coarse;
  for (index_t draw = 0; draw < 3; ++draw) EXPECT_EQ(steps.take(draw, coarse), 0U) << draw;
  EXPECT_EQ(steps.take(2, coarse), 1U) << "rows in place: a step alone";
  EXPECT_EQ(steps.take(2, coarse), 1U);
  EXPECT_EQ(steps.take(3, coarse), 3U) << "rows and a step in the first memory";
  EXPECT_EQ(steps.take(4, coarse), 5U);
  EXPECT_EQ(steps.take(5, coarse), 6U) << "the third has its step";
  EXPECT_EQ(steps.take(6, coarse), 6U);
  EXPECT_EQ(steps.take(7, fine), 6U) << "more room: what the second memory had is no longer right";
  const auto report = steps.adam.finish();
  EXPECT_EQ(report.steps.size(), 10U);
  EXPECT_FALSE(report.failure);
}

// A batch of which the host must read the number of irregular points waits for itself in any memory: it has but one.
TEST_F(ResidentTrainer, WaitsForLargeBatches) {
  TrainingOptions options = small_options();
  const nbm::cuda::Stream stream;
  for (const index_t irregular : {20, 20000}) {
    options.sampling.counts = {1, irregular, 1};
    nbm::cuda::DeviceRowMaker maker(sphere_problem(), options, 0, 1, stream);
    maker.prepare(0, {0.125, 0.125, 0.125});
    EXPECT_EQ(maker.waits(), irregular == 20000);
  }
}

#if defined(NBM_CUDA_ON_CPU)
// Kernels that wait for one another in a step of the paper's Table 2.
TEST_F(ResidentTrainer, HasShortGraphs) {
  TrainingOptions options;
  options.network = {.hidden = {100}};
  options.sampling.mode = nbm::SamplingOptions::Mode::grid;
  options.sampling.grid_nodes = 9;
  options.sampling.batch = 100;
  options.threads = 1;
  Steps steps(sphere_problem(), options);
  cuda_on_cpu::paths.clear();
  std::size_t records = 0;
  for (index_t draw = 0; draw < 6; ++draw) records = steps.take(draw, {0.25, 0.25, 0.25});
  EXPECT_EQ(records, 6U);
  ASSERT_EQ(cuda_on_cpu::paths.size(), 6U);
  for (std::size_t i = 0; i < 6; i += 2) {
    EXPECT_EQ(cuda_on_cpu::paths[i], 11U) << "rows";
    EXPECT_EQ(cuda_on_cpu::paths[i + 1], 7U) << "a step";
  }
}

// Four steps on each draw, as with a refresh of 4, with weights that change from draw to draw.
TEST_F(ResidentTrainer, SendsAThousandStepsWithoutWaiting) {
  TrainingOptions options = small_options();
  options.network = {.hidden = {2}};
  options.sampling.counts = {4, 1, 1};
  Steps steps(sphere_problem(), options);
  index_t step = 0;
  const auto take_until = [&](index_t end) {
    for (; step < end; ++step) {
      const index_t draw = step / 4;
      steps.adam.step(draw, {0.125, 0.125, 0.125}, {1, 1, 1, 1, 1.0 / static_cast<double>(draw + 1)});
    }
  };
  take_until(24);  // all is recorded
  const std::size_t waits = cuda_on_cpu::waits, stops = cuda_on_cpu::stops;
  take_until(1024);
  EXPECT_EQ(cuda_on_cpu::waits, waits);
  EXPECT_EQ(cuda_on_cpu::stops, stops) << "memory was taken or given back";
  const auto report = steps.adam.finish();
  EXPECT_FALSE(report.failure);
  EXPECT_EQ(report.steps.size(), 1024U);
  EXPECT_GT(cuda_on_cpu::waits, waits) << "for the losses";
}
#endif

}  // namespace
