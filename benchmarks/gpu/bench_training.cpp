// Seconds of training epochs, of steps, of large batches and of evaluation on one device, as JSON lines.
//   bench_training [--device cuda|cpu] [--seconds 5] [--replay 1|0] [--table1 128] [--table2 64 --table2 128 ...]
//                  [--levels 4] [--warm-up 1048576] [--steps 16384] [--large 1048576] [--precision 1048576] [--evaluate
//                  16777216]
// An epoch is (nodes^3 / batch) steps: the mean of the steps that fit into --seconds, at least one epoch's where that
// fits, times their number; "steps_measured" says how many were taken. Every case takes three steps of each cell size
// before its clock starts: the third replays the record of the second. A GPU first works for a second, so that its
// clock is up. "gpu_mib": memory of the GPU that the trainer has taken.
// --steps: a step with batches of so many nodes, replayed or launched kernel by kernel, and with the loss read every
// step. --precision: the residual of a network trained in float32 at cells of 2/8192, in either precision.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "nbm/core/backend.hpp"
#include "nbm/core/device_memory.hpp"
#include "nbm/problem/grid_field.hpp"
#include "nbm/problem/symbols.hpp"
#include "nbm/solution/device_solution.hpp"
#include "nbm/training/trainer.hpp"

namespace {

using nbm::Device;
using nbm::index_t;
using nbm::Siren;

constexpr index_t kBatch = 16384;

struct Arguments {
  Device device = Device::cuda();
  double seconds = 5.0;
  bool replay = true;
  int levels = 4;             // of Table 2: the base and three refinements
  index_t warm_up = 1 << 20;  // points of the steps before all cases
  std::vector<index_t> table1, table2, steps, large, precision, evaluate;
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// A level set on a grid, as one made from a triangle mesh would be: a sphere with waves.
nbm::Field wavy_sphere(index_t nodes) {
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(nodes * nodes * nodes));
  const auto at = [&](index_t i) { return -1.0 + 2.0 * static_cast<double>(i) / static_cast<double>(nodes - 1); };
  for (index_t i = 0; i < nodes; ++i) {
    for (index_t j = 0; j < nodes; ++j) {
      for (index_t k = 0; k < nodes; ++k) {
        const double x = at(i), y = at(j), z = at(k);
        values.push_back(std::sqrt(x * x + y * y + z * z) - 0.55 -
                         0.08 * std::sin(9 * x) * std::sin(8 * y) * std::cos(7 * z));
      }
    }
  }
  return nbm::Field(nbm::GridField(nbm::Box{}, {nodes, nodes, nodes}, std::move(values)));
}

nbm::Problem problem() {
  using namespace nbm::symbols;
  nbm::Problem problem;
  problem.level_set = wavy_sphere(97);
  problem.minus.mu = nbm::Field(nbm::Expression(y() * y() * log(x() + 2.0) + 4.0));
  problem.plus.mu = nbm::Field(nbm::Expression(exp(-z())));
  problem.minus.f = nbm::Field(nbm::Expression(sin(x()) * cos(y())));
  problem.plus.f = nbm::Field(nbm::Expression(cos(x()) * sin(z())));
  problem.jump_u = nbm::Field(nbm::Expression(cos(x()) * sin(y()) - exp(z())));
  problem.jump_flux = nbm::Field(nbm::Expression(x() * y()));
  return problem;
}

// Memory of the GPU that is taken from the construction of this object on.
class MemoryUse {
 public:
  explicit MemoryUse(Device device) : device_(device), before_(free_memory()) {}
  double mib() const { return static_cast<double>(before_ - free_memory()) / (1 << 20); }

 private:
  std::int64_t free_memory() const {
    return device_.kind == Device::Kind::cuda ? nbm::cuda::free_memory(device_.index) : 0;
  }

  Device device_;
  std::int64_t before_;
};

constexpr index_t kFirstSteps = 3;  // before the clock

// Steps taken and their seconds: all of `steps`, or as many as fit, in calls that take long enough to be measured.
std::pair<index_t, double> time_steps(nbm::Trainer& trainer, index_t steps, double seconds,
                                      index_t first = kFirstSteps) {
  trainer.step(first);
  const double start = now();
  index_t done = 0, call = 16;
  double last = start;
  while (done < steps && last - start < seconds) {
    const index_t count = std::min(steps - done, call);
    trainer.step(count);
    done += count;
    const double time = now();
    if (time - last < 0.1) call *= 2;
    last = time;
  }
  return {done, last - start};
}

// Options for `steps` steps behind the first ones, of which the history has the first and the last alone.
nbm::TrainingOptions adam(const Siren& network, index_t steps, const Arguments& arguments) {
  nbm::TrainingOptions options;
  options.network = network;
  options.optimizer = nbm::AdamOptions{.steps = kFirstSteps + steps};
  options.record_every = kFirstSteps + steps;
  options.replay_steps = arguments.replay;
  return options;
}

nbm::TrainingOptions grid_batches(const Siren& network, index_t steps, index_t nodes, index_t batch,
                                  const Arguments& arguments) {
  nbm::TrainingOptions options = adam(network, steps, arguments);
  options.sampling.mode = nbm::SamplingOptions::Mode::grid;
  options.sampling.grid_nodes = nodes;
  options.sampling.batch = batch;
  const double cell = 2.0 / static_cast<double>(nodes);
  options.resolution.coarsest = {cell, cell, cell};
  return options;
}

// A GPU that idles runs at a sixth of its clock.
void warm_up(const Arguments& arguments) {
  if (arguments.device.kind != Device::Kind::cuda || arguments.warm_up == 0) return;
  nbm::TrainingOptions options = adam({}, 1000000, arguments);
  options.sampling.counts = {arguments.warm_up, 0, 0};
  options.sampling.refresh = 1000000;
  options.resolution.coarsest = {2.0 / 64, 2.0 / 64, 2.0 / 64};
  nbm::Trainer trainer(problem(), options, arguments.device);
  time_steps(trainer, 900000, std::min(1.0, arguments.seconds));
}

void epoch(const char* name, const Siren& network, index_t nodes, int levels, const Arguments& arguments) {
  const index_t steps = (nodes * nodes * nodes + kBatch - 1) / kBatch, first = kFirstSteps * levels;
  const index_t most = std::max<index_t>(steps, 4096);  // short epochs are repeated
  nbm::TrainingOptions options = grid_batches(network, first + most, nodes, kBatch, arguments);
  options.resolution.levels = levels;
  options.resolution.order = nbm::ResolutionOrder::cycle;
  const MemoryUse memory(arguments.device);
  const double start = now();
  nbm::Trainer trainer(problem(), options, arguments.device);
  trainer.step(1);
  const double startup = now() - start;
  const auto [done, seconds] = time_steps(trainer, most, arguments.seconds, first);
  std::printf(
      R"({"case": "%s", "nodes": %lld, "levels": %d, "seconds_an_epoch": %.6g, "steps_an_epoch": %lld, "steps_measured": %lld, "startup_seconds": %.4g, "gpu_mib": %.4g})"
      "\n",
      name, static_cast<long long>(nodes), levels, seconds / static_cast<double>(done) * static_cast<double>(steps),
      static_cast<long long>(steps), static_cast<long long>(done), startup, memory.mib());
  std::fflush(stdout);
}

// What the launches of a step and a look at its loss cost beside its kernels.
void step_variants(const char* name, const Siren& network, index_t batch, const Arguments& arguments) {
  constexpr index_t steps = 100000, nodes = 128;
  struct Variant {
    const char* name;
    bool replay;
    index_t record_every;
  };
  for (const Variant& variant : {Variant{"replayed", true, steps}, Variant{"kernel by kernel", false, steps},
                                 Variant{"replayed, loss read every step", true, 1}}) {
    nbm::TrainingOptions options = grid_batches(network, steps, nodes, batch, arguments);
    options.replay_steps = variant.replay;
    options.record_every = variant.record_every;
    const MemoryUse memory(arguments.device);
    nbm::Trainer trainer(problem(), options, arguments.device);
    const auto [done, seconds] = time_steps(trainer, steps, arguments.seconds / 2);
    std::printf(
        R"({"case": "%s", "batch": %lld, "step": "%s", "seconds_a_step": %.6g, "steps_measured": %lld, "gpu_mib": %.4g})"
        "\n",
        name, static_cast<long long>(batch), variant.name, seconds / static_cast<double>(done),
        static_cast<long long>(done), memory.mib());
    std::fflush(stdout);
  }
}

// Steps on one large draw of regular points, which stays: the loss, its gradient, and Adam.
void large_batch(const char* name, const Siren& network, index_t points, const Arguments& arguments) {
  constexpr index_t steps = 200;
  nbm::TrainingOptions options = adam(network, steps, arguments);
  options.sampling.counts = {points, 0, 0};
  options.sampling.refresh = kFirstSteps + steps;
  options.resolution.coarsest = {2.0 / 128, 2.0 / 128, 2.0 / 128};
  const MemoryUse memory(arguments.device);
  nbm::Trainer trainer(problem(), options, arguments.device);
  const auto [done, seconds] = time_steps(trainer, steps, arguments.seconds);
  const double step = seconds / static_cast<double>(done);
  std::printf(
      R"({"case": "%s", "points": %lld, "seconds_a_step": %.6g, "points_a_second": %.6g, "steps_measured": %lld, "gpu_mib": %.4g})"
      "\n",
      name, static_cast<long long>(points), step, static_cast<double>(points) / step, static_cast<long long>(done),
      memory.mib());
  std::fflush(stdout);
}

// The mean square of the regular residuals of these networks on the draw of `options`, at cells of its size.
double regular_residual(nbm::TrainingOptions options, nbm::Precision precision, const std::vector<double>& parameters,
                        const Arguments& arguments) {
  options.precision = precision;
  nbm::Trainer trainer(problem(), options, arguments.device);
  trainer.set_parameters(parameters);
  trainer.step(1);
  return trainer.history().front().mean_squares[nbm::kRegularGroup];
}

void precision_at_8192(const char* name, const Siren& network, index_t points, const Arguments& arguments) {
  constexpr index_t steps = 100;
  nbm::TrainingOptions options = adam(network, steps, arguments);
  options.sampling.counts = {points, 1024, 1024};
  options.sampling.refresh = kFirstSteps + steps;  // one draw
  options.resolution.coarsest = {2.0 / 8192, 2.0 / 8192, 2.0 / 8192};
  nbm::Trainer trainer(problem(), options, arguments.device);
  trainer.step(steps);
  const double single = regular_residual(options, nbm::Precision::float32, trainer.parameters(), arguments);
  const double twice = regular_residual(options, nbm::Precision::float64, trainer.parameters(), arguments);
  std::printf(
      R"({"case": "%s", "points": %lld, "steps": %lld, "residual_float32": %.9g, "residual_float64": %.9g, "relative_difference": %.3g})"
      "\n",
      name, static_cast<long long>(points), static_cast<long long>(trainer.steps_done()), single, twice,
      std::fabs(single - twice) / twice);
  std::fflush(stdout);
}

// Values of u a second, with one network of 100 sines on either side.
class Evaluation {
 public:
  Evaluation(index_t count, const Arguments& arguments) : device_(arguments.device), points_(count) {
    for (index_t i = 0; i < count; ++i) {
      const auto t = static_cast<double>(i);
      points_.set(i, {std::sin(t), std::sin(1.3 * t), std::cos(0.7 * t)});
    }
  }

  // Host memory to host memory: on a GPU the copies are part of it.
  void from_host() const {
    std::vector<double> values(points_.x.size());
    if (device_.kind == Device::Kind::cpu) {
      nbm::ThreadPool pool;
      return time("host to host", [&] { solution_.evaluate(points_.view(), values, pool, nbm::Precision::float32); });
    }
    const nbm::DeviceSolution resident(solution_, device_);
    time("host to host", [&] { resident.evaluate(points_.view(), values, nbm::Branch::own, nbm::Precision::float32); });
  }

  // On a GPU: its memory to its memory.
  void from_device() const {
    if (device_.kind == Device::Kind::cpu) return;
    const nbm::DeviceSolution resident(solution_, device_);
    std::vector<float> rows;
    for (index_t i = 0; i < points_.size(); ++i) {
      for (int k = 0; k < nbm::kDim; ++k) rows.push_back(static_cast<float>(points_[i][k]));
    }
    nbm::DeviceMemory points(device_, rows.size() * sizeof(float)), values(device_, points.size() / nbm::kDim);
    points.copy_from_host(rows.data());
    const auto in = nbm::DevicePoints<float>::rows(static_cast<const float*>(points.data()), points_.size());
    time("device to device", [&] {
      resident.evaluate(in, {.values = static_cast<float*>(values.data())});
      nbm::wait_for_stream(device_, nullptr);
    });
  }

 private:
  static nbm::Solution make_solution() {
    const Siren network{.hidden = {100}};
    std::vector<double> parameters = nbm::initial_parameters(network, 1, nbm::Side::minus);
    const auto plus = nbm::initial_parameters(network, 1, nbm::Side::plus);
    parameters.insert(parameters.end(), plus.begin(), plus.end());
    const nbm::Problem sphere = problem();
    return {sphere.box, sphere.level_set, network, std::move(parameters)};
  }

  // The median of some runs.
  template <class Run>
  void time(const char* way, Run run) const {
    std::vector<double> times;
    for (int repeat = 0; repeat < 5; ++repeat) {
      const double start = now();
      run();
      times.push_back(now() - start);
    }
    std::sort(times.begin(), times.end());
    std::printf(R"({"case": "evaluate 1x100, %s", "points": %lld, "points_a_second": %.6g})"
                "\n",
                way, static_cast<long long>(points_.size()),
                static_cast<double>(points_.size()) / times[times.size() / 2]);
    std::fflush(stdout);
  }

  Device device_;
  nbm::Points points_;
  nbm::Solution solution_ = make_solution();
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--device")
      arguments.device = Device::parse(value);
    else if (name == "--seconds")
      arguments.seconds = std::stod(value);
    else if (name == "--table1")
      arguments.table1.push_back(std::stoll(value));
    else if (name == "--table2")
      arguments.table2.push_back(std::stoll(value));
    else if (name == "--replay")
      arguments.replay = value != "0";
    else if (name == "--levels")
      arguments.levels = std::stoi(value);
    else if (name == "--warm-up")
      arguments.warm_up = std::stoll(value);
    else if (name == "--steps")
      arguments.steps.push_back(std::stoll(value));
    else if (name == "--precision")
      arguments.precision.push_back(std::stoll(value));
    else if (name == "--large")
      arguments.large.push_back(std::stoll(value));
    else if (name == "--evaluate")
      arguments.evaluate.push_back(std::stoll(value));
    else
      throw std::invalid_argument("unknown option " + name);
  }
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Arguments arguments = parse(argc, argv);
    warm_up(arguments);
    for (const index_t nodes : arguments.table2) {
      epoch("Table 2: 1x100", {.hidden = {100}}, nodes, arguments.levels, arguments);
    }
    for (const index_t nodes : arguments.table1) epoch("Table 1: 5x10", {}, nodes, 1, arguments);
    for (const index_t batch : arguments.steps) {
      step_variants("step of 1x100", {.hidden = {100}}, batch, arguments);
      step_variants("step of 5x10", {}, batch, arguments);
    }
    for (const index_t points : arguments.large) {
      large_batch("large batch 1x100", {.hidden = {100}}, points, arguments);
      large_batch("large batch 5x10", {}, points, arguments);
    }
    for (const index_t points : arguments.precision) {
      precision_at_8192("cells of 2/8192, 1x100", {.hidden = {100}}, points, arguments);
      precision_at_8192("cells of 2/8192, 5x10", {}, points, arguments);
    }
    for (const index_t points : arguments.evaluate) {
      const Evaluation evaluation(points, arguments);
      evaluation.from_host();
      evaluation.from_device();
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_training: %s\n", error.what());
    return 1;
  }
  return 0;
}
