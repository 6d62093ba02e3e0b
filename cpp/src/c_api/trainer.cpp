#include <algorithm>
#include <utility>

#include "c_api/handles.hpp"

using nbm::c_api::either;
using nbm::c_api::guarded;
using nbm::c_api::require_given;

namespace {

nbm::OptimizerOptions optimizer_of(const nbm_options& o) {
  if (o.optimizer == NBM_ADAM) {
    nbm::AdamOptions adam;
    adam.steps = o.steps;
    adam.learning_rate = o.learning_rate;
    return adam;
  }
  if (o.optimizer != NBM_GAUSS_NEWTON) throw nbm::InvalidArgument("optimizer", "is none of the enumeration");
  nbm::GaussNewtonOptions gauss_newton;
  gauss_newton.steps = o.steps;
  gauss_newton.damping = o.damping;
  gauss_newton.starts = o.starts;
  gauss_newton.stop_fraction = o.stop_fraction;
  return gauss_newton;
}

nbm::TrainingOptions options_of(const nbm_options* given) {
  require_given(given, "options");
  const nbm_options& o = *given;
  if (o.struct_size != static_cast<int64_t>(sizeof(nbm_options))) {
    throw nbm::InvalidArgument("options", "were not filled by nbm_options_init of this version");
  }
  if (o.hidden_layers < 1) throw nbm::InvalidArgument("hidden_layers", "must be at least 1");
  nbm::TrainingOptions options;
  options.network.hidden.assign(static_cast<std::size_t>(o.hidden_layers), o.hidden_width);
  options.network.omega = o.omega;
  options.network.trained = either(o.trained, nbm::TrainedLayers::all, nbm::TrainedLayers::output, "trained");
  options.networks = either(o.networks, nbm::Networks::sides, nbm::Networks::pieces, "networks");
  options.resolution.coarsest = {o.cell_size[0], o.cell_size[1], o.cell_size[2]};
  options.sampling.counts = {o.regular, o.irregular, o.boundary};
  options.sampling.refresh = o.refresh;
  options.optimizer = optimizer_of(o);
  options.discretization =
      either(o.discretization, nbm::Discretization::bochkov_gibou, nbm::Discretization::direct_jump, "discretization");
  options.precision = either(o.precision, nbm::Precision::float64, nbm::Precision::float32, "precision");
  options.loss = either(o.loss, nbm::Loss::balanced, nbm::Loss::paper, "loss");
  options.threads = o.threads;
  options.seed = o.seed;
  options.record_every = o.record_every;
  return options;
}

nbm::Trainer::Callback callback_of(nbm_record_function record, void* user) {
  if (record == nullptr) return {};
  return [record, user](const nbm::HistoryEntry& entry) { return record(user, entry.step, entry.loss) != 0; };
}

void require_count(const nbm_trainer* trainer, int64_t count, const void* values) {
  require_given(trainer, "trainer");
  require_given(values, "values");
  const auto expected = static_cast<int64_t>(trainer->trainer.options().parameter_count());
  if (count != expected) {
    throw nbm::InvalidArgument("count", "expected " + std::to_string(expected) + ", got " + std::to_string(count));
  }
}

}  // namespace

void nbm_options_init(nbm_options* options) {
  if (options == nullptr) return;
  const nbm::GaussNewtonOptions gauss_newton;
  const double cell = 2.0 / 64;
  *options = nbm_options{};
  options->struct_size = sizeof(nbm_options);
  std::fill_n(options->cell_size, nbm::kDim, cell);
  options->hidden_layers = 5;
  options->hidden_width = 10;
  options->omega = nbm::Siren{}.omega;
  options->steps = gauss_newton.steps;
  options->damping = gauss_newton.damping;
  options->stop_fraction = gauss_newton.stop_fraction;
  options->learning_rate = nbm::AdamOptions{}.learning_rate;
  options->regular = 3000;
  options->irregular = 1500;
  options->boundary = 1000;
  options->refresh = 10;
  options->starts = 1;
  options->record_every = 1;
}

void nbm_communicator_destroy(nbm_communicator* communicator) { delete communicator; }

nbm_status nbm_trainer_create(const nbm_problem* problem, const nbm_options* options, const char* device,
                              const nbm_communicator* communicator, nbm_trainer** trainer) {
  return guarded([&] {
    require_given(problem, "problem");
    require_given(device, "device");
    require_given(trainer, "trainer");
    const nbm::Communicator ranks = communicator ? communicator->communicator : nbm::Communicator();
    nbm::TrainingOptions training = options_of(options);
    training.observations = problem->observations;
    *trainer = new nbm_trainer{
        nbm::Trainer(problem->problem, std::move(training), nbm::Device::parse(device, ranks.local_rank()), ranks)};
  });
}

void nbm_trainer_destroy(nbm_trainer* trainer) { delete trainer; }

nbm_status nbm_trainer_run(nbm_trainer* trainer, nbm_record_function record, void* user) {
  return guarded([&] {
    require_given(trainer, "trainer");
    trainer->trainer.run(callback_of(record, user));
  });
}

nbm_status nbm_trainer_step(nbm_trainer* trainer, int64_t count, nbm_record_function record, void* user) {
  return guarded([&] {
    require_given(trainer, "trainer");
    trainer->trainer.step(count, callback_of(record, user));
  });
}

nbm_status nbm_trainer_steps_done(const nbm_trainer* trainer, int64_t* steps) {
  return guarded([&] {
    require_given(trainer, "trainer");
    require_given(steps, "steps");
    *steps = trainer->trainer.steps_done();
  });
}

nbm_status nbm_trainer_loss(const nbm_trainer* trainer, double* loss) {
  return guarded([&] {
    require_given(trainer, "trainer");
    require_given(loss, "loss");
    const nbm::History& history = trainer->trainer.history();
    if (history.empty()) throw nbm::InvalidArgument("trainer", "has recorded no step yet");
    *loss = history.back().loss;
  });
}

nbm_status nbm_trainer_parameter_count(const nbm_trainer* trainer, int64_t* count) {
  return guarded([&] {
    require_given(trainer, "trainer");
    require_given(count, "count");
    *count = static_cast<int64_t>(trainer->trainer.options().parameter_count());
  });
}

nbm_status nbm_trainer_get_parameters(const nbm_trainer* trainer, int64_t count, double* values) {
  return guarded([&] {
    require_count(trainer, count, values);
    const std::vector<double> parameters = trainer->trainer.parameters();
    std::copy(parameters.begin(), parameters.end(), values);
  });
}

nbm_status nbm_trainer_set_parameters(nbm_trainer* trainer, int64_t count, const double* values) {
  return guarded([&] {
    require_count(trainer, count, values);
    trainer->trainer.set_parameters({values, values + count});
  });
}

nbm_status nbm_trainer_set_weight(nbm_trainer* trainer, const char* group, double factor) {
  return guarded([&] {
    require_given(trainer, "trainer");
    require_given(group, "group");
    nbm::WeightFactors weights = trainer->trainer.weights();
    weights[group] = factor;
    trainer->trainer.set_weights(weights);
  });
}

nbm_status nbm_trainer_save_checkpoint(const nbm_trainer* trainer, const char* path) {
  return guarded([&] {
    require_given(trainer, "trainer");
    require_given(path, "path");
    trainer->trainer.save_checkpoint(path);
  });
}

nbm_status nbm_trainer_load_checkpoint(nbm_trainer* trainer, const char* path) {
  return guarded([&] {
    require_given(trainer, "trainer");
    require_given(path, "path");
    trainer->trainer.load_checkpoint(path);
  });
}

nbm_status nbm_trainer_solution(const nbm_trainer* trainer, nbm_solution** solution) {
  return guarded([&] {
    require_given(trainer, "trainer");
    require_given(solution, "solution");
    *solution = new nbm_solution{trainer->trainer.solution()};
  });
}
