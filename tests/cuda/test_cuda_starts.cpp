#include <filesystem>

#include "device_fixture.hpp"
#include "nbm/core/error.hpp"
#include "nbm/training/trainer.hpp"
#include "small_training.hpp"
#include "temporary_file.hpp"

// Several starts of Gauss-Newton, which a GPU takes side by side.
namespace {

using nbm::Device;
using nbm::GaussNewtonOptions;
using nbm::index_t;
using nbm::Problem;
using nbm::Trainer;
using nbm::TrainingOptions;
using nbm::testing::sphere_problem;

TrainingOptions small_options() {
  TrainingOptions options =
      nbm::testing::small_training(GaussNewtonOptions{.steps = 6, .starts = 3, .start_steps = 4, .stop_fraction = 0.0});
  options.sampling.refresh = 2;
  options.record_every = 1;
  return options;
}

class Starts : public ::testing::Test {
 protected:
  void SetUp() override { NBM_NEEDS_DEVICE(); }
  void TearDown() override { std::filesystem::remove(path); }

  // Goes on from a checkpoint, which nothing is ahead of: one step after the other.
  void go_on(const Trainer& from, Trainer& trainer) {
    from.save_checkpoint(path);
    trainer.load_checkpoint(path);
  }
  std::string path = nbm::testing::temporary_file("starts.safetensors");
};

void expect_same_bits(const Trainer& a, const Trainer& b) {
  EXPECT_EQ(a.parameters(), b.parameters());
  ASSERT_EQ(a.history().size(), b.history().size());
  for (std::size_t i = 0; i < a.history().size(); ++i) {
    EXPECT_EQ(a.history()[i].loss, b.history()[i].loss) << "step " << i;
    EXPECT_EQ(a.history()[i].rate, b.history()[i].rate) << "step " << i;
    EXPECT_EQ(a.history()[i].rows, b.history()[i].rows) << "step " << i;
  }
}

TEST_F(Starts, SideBySideAreThoseOneAfterTheOther) {
  for (const bool direct : {false, true}) {
    TrainingOptions options = small_options();
    if (direct) options.discretization = nbm::Discretization::direct_jump;
    Trainer together(sphere_problem(), options, Device::cuda()), first(sphere_problem(), options, Device::cuda());
    Trainer rest(sphere_problem(), options, Device::cuda());
    EXPECT_EQ(together.run(), nbm::StopReason::completed);
    EXPECT_EQ(together.steps_done(), 14);
    first.step(1);
    go_on(first, rest);
    rest.run();
    expect_same_bits(together, rest);
  }
}

TEST_F(Starts, MayBeLeftInTheMiddle) {
  const TrainingOptions options = small_options();
  Trainer together(sphere_problem(), options, Device::cuda()), whole(sphere_problem(), options, Device::cuda());
  whole.run();
  together.step(6);
  Trainer rest(sphere_problem(), options, Device::cuda());
  go_on(together, rest);
  rest.run();
  expect_same_bits(whole, rest);
}

// Other weights are another loss: nothing that was taken ahead is used.
TEST_F(Starts, AreTakenAnewWithOtherWeights) {
  const TrainingOptions options = small_options();
  Trainer together(sphere_problem(), options, Device::cuda()), rest(sphere_problem(), options, Device::cuda());
  together.step(2);
  go_on(together, rest);
  for (Trainer* trainer : {&together, &rest}) {
    trainer->set_weights({{"boundary", 3.0}});
    trainer->run();
  }
  expect_same_bits(together, rest);
}

TEST_F(Starts, AreThoseOfTheHost) {
  TrainingOptions options = small_options();
  options.optimizer = GaussNewtonOptions{.steps = 3, .starts = 3, .start_steps = 2, .stop_fraction = 0.0};
  Trainer gpu(sphere_problem(), options, Device::cuda()), cpu(sphere_problem(), options, Device::cpu());
  gpu.run();
  cpu.run();
  ASSERT_EQ(gpu.history().size(), cpu.history().size());
  for (std::size_t i = 0; i < cpu.history().size(); ++i) {
    EXPECT_NEAR(gpu.history()[i].loss, cpu.history()[i].loss, 1e-6 * cpu.history()[i].loss) << "step " << i;
  }
}

// mu turns negative in a ball that the points of a later start meet: the error comes at the step and with the
// parameters of one after the other.
TEST_F(Starts, FailAtTheStepOfTheHost) {
  using namespace nbm::symbols;
  Problem problem = sphere_problem();
  const nbm::symbols::Symbol x = nbm::symbols::x() - 0.71, y = nbm::symbols::y() + 0.43, z = nbm::symbols::z() - 0.59;
  problem.plus.mu = nbm::Field(nbm::Expression(1.0 - 2.0 * exp(-150.0 * (x * x + y * y + z * z))));
  TrainingOptions options = small_options();
  options.optimizer = GaussNewtonOptions{.steps = 40, .starts = 3, .start_steps = 40, .stop_fraction = 0.0};
  options.network = {.hidden = {2}};
  options.sampling.refresh = 1;
  Trainer gpu(problem, options, Device::cuda()), cpu(problem, options, Device::cpu());
  for (Trainer* trainer : {&cpu, &gpu}) {
    try {
      trainer->run();
      ADD_FAILURE() << "did not throw";
    } catch (const nbm::InvalidField& error) {
      EXPECT_EQ(error.field, "plus.mu");
    }
  }
  EXPECT_EQ(gpu.steps_done(), cpu.steps_done());
  EXPECT_GT(gpu.steps_done(), 2);
  EXPECT_THROW(gpu.run(), nbm::InvalidField) << "at the second attempt";
}

#if defined(NBM_CUDA_ON_CPU)
// The host reads what a linearization says, and what became of a trial: a copy and a wait each.
TEST_F(Starts, WaitTwiceInAStepOfOneTrial) {
  TrainingOptions options = small_options();
  options.optimizer = GaussNewtonOptions{.steps = 20, .trials = 1, .starts = 1, .stop_fraction = 0.0};
  options.sampling.refresh = 100;
  for (const nbm::LinearSystem system : {nbm::LinearSystem::normal, nbm::LinearSystem::rows}) {
    std::get<GaussNewtonOptions>(options.optimizer).system = system;
    Trainer trainer(sphere_problem(), options, Device::cuda());
    trainer.step(1);
    const std::size_t waits = cuda_on_cpu::waits, launches = cuda_on_cpu::launches;
    trainer.step(10);
    EXPECT_EQ(cuda_on_cpu::waits - waits, 40U) << nbm::to_string(system);
    // Kernels, copies and clearings, without what the libraries launch.
    EXPECT_LE(cuda_on_cpu::launches - launches, system == nbm::LinearSystem::normal ? 240U : 270U);
  }
}
#endif

}  // namespace
