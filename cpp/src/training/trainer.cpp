#include "nbm/training/trainer.hpp"

#include <algorithm>
#include <chrono>

#include "core/device_communicator.hpp"
#include "core/fingerprint.hpp"
#include "core/rank_failure.hpp"
#include "nbm/core/error.hpp"
#include "nbm/core/interruption.hpp"
#include "nbm/core/thread_pool.hpp"
#include "nbm/rows/grid_system.hpp"
#include "problem/periods.hpp"
#include "training/multi_start.hpp"
#include "training/piece_networks.hpp"
#include "training/trainer_state.hpp"
#include "training/value_units.hpp"

namespace nbm {
namespace {

// Adds to a number of seconds what passes until the end of its scope, however that is left.
class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds), before_(seconds) {}
  ~Stopwatch() { read(); }
  void read() const { seconds_ = before_ + now() - start_; }

 private:
  static double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }

  double& seconds_;
  double before_;
  double start_ = now();
};

// Rows of other ranks are out of reach: the system of the rows needs them all in one place.
void require_normal_equations(const TrainingOptions& options, int ranks) {
  const auto* gauss_newton = std::get_if<GaussNewtonOptions>(&options.optimizer);
  if (ranks > 1 && gauss_newton != nullptr && gauss_newton->system == LinearSystem::rows) {
    throw InvalidArgument("system",
                          "'rows' is for one rank, got " + std::to_string(ranks) + " ranks; use 'auto' or 'normal'");
  }
}

// The options, once all ranks have found them in order and the same.
TrainingOptions agreed(TrainingOptions options, const Box& box, const Communicator& communicator) {
  meet(communicator, attempt([&] {
         options.validate(box);
         require_normal_equations(options, communicator.size());
       }));
  if (communicator.size() == 1) return options;
  const std::string all = fingerprint(options, box) + std::to_string(options.record_every) + ' ' +
                          std::to_string(options.check_every) + (options.overlap ? " overlap" : "");
  const bool equal = equals_first_rank(communicator, fingerprint_of(all));
  meet(communicator, attempt([&] {
         if (!equal) throw InvalidArgument("options", "are not those of rank 0; all ranks must train alike");
       }));
  return options;
}

// The longest message: the normal equations, a gradient, or the averages.
StepMessage message_for(const TrainingOptions& options, const Communicator& communicator) {
  const index_t parameters = options.parameter_count();
  const bool with_matrix = std::holds_alternative<GaussNewtonOptions>(options.optimizer);
  const index_t unknowns = options.network_map.size() * options.network.trained_count();
  const index_t matrix = with_matrix ? unknowns * (unknowns + 1) / 2 : 0;
  return {std::max(matrix + parameters + kMostGroups, local_message_size(options)), communicator};
}

// All cores of this process, shared with the other ranks that may use them.
int threads_for(const TrainingOptions& options, const Communicator& communicator) {
  if (options.threads > 0) return options.threads;
  return std::max(1, ThreadPool::available_cores() / communicator.ranks_sharing_cores());
}

}  // namespace

Trainer::State::State(Problem p, TrainingOptions o, Device d, Communicator c)
    : communicator(std::move(c)),
      problem(std::move(p)),
      options(agreed(std::move(o), problem.box, communicator)),
      group_names(options.group_names()),
      plateau(options.plateau.window, options.plateau.tolerance),
      device(d) {
  start();
}

void Trainer::State::start() {
  meet(communicator, attempt([&] {
         problem.validate();
         jump_ramp(problem);  // throws where networks cannot meet a period
         options.network.periodic = problem.periodic_axes();
         const ValueScale units = value_scale_of(options, problem);
         options.value_scale = units.scale;
         options.value_shift = {units.shift[0], units.shift[1]};
         const int threads = threads_for(options, communicator);
         ThreadPool pool(threads);
         if (options.networks == Networks::pieces) options.network_map = piece_networks(problem, pool);
         parameters = StartingNetworks{options.network, options.network_map, options.seed}.parameters();
         optimizer = make_optimizer(options);
         TrainingOptions own = options;
         own.threads = threads;
         require_balance(problem, pool);
         has_interface = nbm::has_interface(problem, pool);
         backend = make_training_backend(problem, own, device, communicator.rank(), communicator.size());
         const auto* adam = std::get_if<AdamOptions>(&options.optimizer);
         if (adam != nullptr && communicator.size() == 1) resident = backend->resident_adam(*adam);
       }));
  communicator = device_communicator(communicator, device);
  meet(communicator, attempt([&] {
         supply = std::make_unique<RowSupply>(*backend, communicator, options.overlap);
         use(options.factors(options.weights));
         message = message_for(options, communicator);
       }));
}

Draw Trainer::State::draw_of(index_t step) const {
  if (step >= steps_total()) return {};
  const bool fresh = options.sampling.mode == SamplingOptions::Mode::fresh;
  return {fresh ? step / options.sampling.refresh : step,
          options.resolution.cell_size(step, steps_total(), options.seed)};
}

void Trainer::State::use(const PerGroup<double>& new_factors) {
  factors = new_factors;
  ahead.reset();
  backend->use_groups(used_groups());
  supply->forget();
  loss_at_look = -1;  // of another loss
}

PerGroup<bool> Trainer::State::used_groups() const {
  PerGroup<bool> used{};
  const PerGroup<double> weights = weights_of({0, options.resolution.coarsest});
  for (std::size_t g = 0; g < kMostGroups; ++g) used[g] = weights[g] > 0;
  return used;
}

PerGroup<double> Trainer::State::weights_of(const Draw& draw) const {
  PerGroup<double> weights = options.group_weights(problem.box, draw.cell_size);
  for (std::size_t g = 0; g < kMostGroups; ++g) weights[g] *= factors[g];
  return weights;
}

void Trainer::State::compare_ranks() const {
  if (communicator.size() == 1) return;
  const bool equal = equals_first_rank(communicator, fingerprint_of(parameters));
  meet(communicator, attempt([&] {
         if (equal) return;
         throw RanksDiverged(steps_done, communicator.rank(),
                             "step " + std::to_string(steps_done) +
                                 ": the parameters are not those of rank 0; all ranks must start from the same "
                                 "parameters and compute with the same kind of processor");
       }));
}

bool Trainer::State::stop_wished(const Callback& callback) const {
  bool wished = false;
  auto failure = attempt([&] { wished = callback && callback(history.back()); });
  std::vector<double> wishes = {wished ? 1.0 : 0.0};
  sum_over_ranks(communicator, wishes, std::move(failure));
  return wishes[0] > 0;
}

void Trainer::State::leave_if_interrupted() {
  const auto wish = attempt([] { interruption_point(); });
  if (!wish) return;
  settle();
  std::rethrow_exception(wish);
}

void Trainer::State::advance(index_t end) {
  const auto* adam = std::get_if<AdamOptions>(&options.optimizer);
  if (resident) return send_step();
  try {
    if (communicator.size() > 1 && adam != nullptr && adam->local_steps > 1) {
      train_locally(end);
    } else {
      train_step();
    }
  } catch (...) {  // on all ranks
    supply->forget();
    throw;
  }
}

void Trainer::State::train_step() {
  const Draw draw = draw_of(steps_done);
  if (looks_for_the_end()) {
    GroupSums found;
    stop_reason = look(draw, found);
    // The last entry of the history is then of the parameters that training ends with: a step that changes nothing.
    if (stop_reason != StopReason::running) return account(found, optimizer->rate());
  }
  if (const auto taken = follow_ahead(draw)) return account(*taken, optimizer->rate());
  supply->provide(draw, {draw_of(steps_done + 1), draw_of(steps_done + 2)}, optimizer->evaluates_once());
  if (options.check_every > 0 && steps_done % options.check_every == 0) compare_ranks();
  const Objective objective(*backend, communicator, message, *supply, {weights_of(draw), group_names}, steps_done);
  const GroupSums sums = optimizer->step(objective, parameters);
  account(sums, optimizer->rate());
}

std::optional<GroupSums> Trainer::State::follow_ahead(const Draw& draw) {
  if (steps_done == 0 && optimizer->is_choosing() && communicator.size() == 1 && backend->gains_side_by_side()) {
    const GaussNewtonOptions& race = std::get<GaussNewtonOptions>(options.optimizer);
    std::vector<StartsAhead::Plan> plans;
    for (index_t step = 0; step < race.starts * race.start_steps; ++step) {
      plans.push_back({draw_of(step), weights_of(draw_of(step))});
    }
    TrainingOptions own = options;
    own.threads = std::max(1, threads_for(options, communicator) / race.starts);
    ahead = std::make_unique<StartsAhead>(problem, std::move(own), device, std::move(plans), used_groups());
  }
  if (ahead == nullptr) return {};
  auto taken = optimizer->follow(*ahead, weights_of(draw), parameters);
  if (!taken) ahead.reset();
  return taken;
}

void Trainer::State::account(const GroupSums& sums, double rate) {
  const Draw draw = draw_of(steps_done);
  for (const double rows : sums.rows) rows_since_entry += rows;
  const double loss = sums.loss(weights_of(draw));
  if (plateau.add(loss)) stop_reason = StopReason::plateau;
  ++steps_done;
  conclude(sums, loss, draw, rate);
}

void Trainer::State::conclude(const GroupSums& sums, double loss, const Draw& draw, double rate) {
  if (steps_done >= steps_total()) stop_reason = StopReason::completed;
  const index_t step = steps_done - 1;
  if (step % options.record_every != 0 && stop_reason == StopReason::running) return;
  HistoryEntry entry;
  entry.step = step;
  entry.loss = loss;
  for (std::size_t g = 0; g < kMostGroups; ++g) entry.mean_squares[g] = sums.mean_square(g);
  entry.rows = sums.rows;
  entry.rate = rate;
  entry.cell_size = std::max({draw.cell_size.x, draw.cell_size.y, draw.cell_size.z});
  history.push_back(entry);
}

Trainer::Trainer(Problem problem, TrainingOptions options, Device device, Communicator communicator)
    : state_(std::make_unique<State>(std::move(problem), std::move(options), device, std::move(communicator))) {}
Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;
Trainer& Trainer::operator=(Trainer&&) noexcept = default;

StopReason Trainer::run(const Callback& callback) { return step(steps_total() - steps_done(), callback); }

StopReason Trainer::step(index_t count, const Callback& callback) {
  State& s = *state_;
  if (s.stop_reason == StopReason::callback) s.stop_reason = StopReason::running;
  const Stopwatch watch(s.seconds);
  const index_t end = s.steps_done + std::min(count, s.steps_total() - s.steps_done);
  while (s.steps_done + s.unread < end && s.stop_reason == StopReason::running) {
    const std::size_t recorded = s.history.size();
    // Alone: a rank that left here would leave the others waiting. Their interruption is found where they work.
    if (s.communicator.size() == 1) s.leave_if_interrupted();
    s.advance(end);
    watch.read();
    if (s.history.size() == recorded) continue;
    HistoryEntry& entry = s.history.back();
    entry.seconds = s.seconds;
    entry.points_per_second = s.rows_since_entry / std::max(s.seconds - s.seconds_at_entry, 1e-9);
    s.seconds_at_entry = s.seconds;
    s.rows_since_entry = 0;
    if (callback) s.settle();
    if (s.stop_wished(callback) && s.stop_reason == StopReason::running) s.stop_reason = StopReason::callback;
  }
  s.settle();
  return s.stop_reason;
}

index_t Trainer::steps_done() const { return state_->steps_done; }
index_t Trainer::steps_total() const { return state_->steps_total(); }
StopReason Trainer::stop_reason() const { return state_->stop_reason; }
const History& Trainer::history() const { return state_->history; }
std::vector<double> Trainer::parameters() const {
  std::vector<double> parameters = state_->parameters;
  to_values(options().network, options().network_map, options().values(), parameters);
  return parameters;
}

const Problem& Trainer::problem() const { return state_->problem; }
const TrainingOptions& Trainer::options() const { return state_->options; }
const std::vector<std::string>& Trainer::group_names() const { return state_->group_names; }
bool Trainer::has_interface() const { return state_->has_interface; }

WeightFactors Trainer::weights() const {
  WeightFactors all;
  const State& s = *state_;
  for (std::size_t g = 0; g < s.group_names.size(); ++g) all[s.group_names[g]] = s.factors[g];
  return all;
}

void Trainer::set_weights(const WeightFactors& weights) {
  State& s = *state_;
  PerGroup<double> factors{};
  meet(s.communicator, attempt([&] { factors = s.options.factors(weights); }));
  if (factors == s.factors) return;
  s.use(factors);
  s.plateau.restore({});
  const bool at_rest = s.stop_reason == StopReason::plateau || s.stop_reason == StopReason::converged;
  if (at_rest && s.steps_done < s.steps_total()) s.stop_reason = StopReason::running;
}

void Trainer::set_parameters(std::vector<double> parameters) {
  if (parameters.size() != state_->parameters.size()) {
    throw InvalidArgument("parameters", "expected " + std::to_string(state_->parameters.size()) +
                                            " numbers (all networks), got " + std::to_string(parameters.size()));
  }
  if (steps_done() > 0) throw InvalidArgument("parameters", "can be set before the first step only");
  if (!has_periods(options().network, parameters)) {
    throw InvalidArgument("parameters",
                          "are of networks without the periods of the problem; start from those of a problem with the "
                          "same periodic walls, and the same omega");
  }
  from_values(options().network, options().network_map, options().values(), parameters);
  state_->parameters = std::move(parameters);
  state_->resident_started = false;
  state_->optimizer->parameters_given();
}

}  // namespace nbm
