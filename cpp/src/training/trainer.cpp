#include "nbm/training/trainer.hpp"

#include <algorithm>
#include <chrono>

#include "core/fingerprint.hpp"
#include "core/rank_failure.hpp"
#include "nbm/core/error.hpp"
#include "nbm/core/thread_pool.hpp"
#include "training/multi_start.hpp"
#include "training/trainer_state.hpp"

namespace nbm {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

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
  const std::string all =
      fingerprint(options, box) + std::to_string(options.record_every) + ' ' + std::to_string(options.check_every);
  const bool equal = equals_first_rank(communicator, fingerprint_of(all));
  meet(communicator, attempt([&] {
         if (!equal) throw InvalidArgument("options", "are not those of rank 0; all ranks must train alike");
       }));
  return options;
}

StepMessage message_for(const TrainingOptions& options, const Communicator& communicator) {
  const bool with_matrix = std::holds_alternative<GaussNewtonOptions>(options.optimizer);
  return {2 * options.network.parameter_count(), with_matrix, communicator.size()};
}

// All cores of this process, shared with the other ranks that may use them.
int threads_for(const TrainingOptions& options, const Communicator& communicator) {
  if (options.threads > 0) return options.threads;
  return std::max(1, ThreadPool::available_cores() / communicator.ranks_sharing_cores());
}

}  // namespace

Trainer::State::State(Problem p, TrainingOptions o, Device device, Communicator c)
    : communicator(std::move(c)),
      problem(std::move(p)),
      options(agreed(std::move(o), problem.box, communicator)),
      parameters(initial_networks(options.network, options.seed)),
      optimizer(make_optimizer(options.optimizer, options.network, options.seed)),
      message(message_for(options, communicator)),
      plateau(options.plateau.window, options.plateau.tolerance) {
  start(device);
}

void Trainer::State::start(Device device) {
  meet(communicator, attempt([&] {
         problem.validate();
         has_interface = problem.has_interface();
         TrainingOptions own = options;
         own.threads = threads_for(options, communicator);
         backend = make_training_backend(problem, own, device, communicator.rank(), communicator.size());
         const auto* adam = std::get_if<AdamOptions>(&options.optimizer);
         if (adam != nullptr && communicator.size() == 1) resident = backend->resident_adam(*adam);
       }));
}

void Trainer::State::assemble(Vec3<double> cell_size) {
  const index_t draw = draw_of(steps_done);
  if (draw == assembled_draw && cell_size == assembled_cell_size) return;
  assembled_draw = -1;
  PerGroup<double> own{};
  auto failure = attempt([&] {
    backend->assemble(draw, cell_size);
    own = backend->row_counts();
  });
  std::vector<double>& counts = message.cleared();
  counts.assign(own.begin(), own.end());
  sum_over_ranks(communicator, counts, std::move(failure));
  std::copy(counts.begin(), counts.end(), rows_in_place.begin());
  assembled_draw = draw;
  assembled_cell_size = cell_size;
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

void Trainer::State::train_step() {
  if (resident) return send_step();
  const Vec3<double> cell_size = cell_size_of(steps_done);
  assemble(cell_size);
  if (options.check_every > 0 && steps_done % options.check_every == 0) compare_ranks();
  const Objective objective(*backend, communicator, message, rows_in_place, weights_of(cell_size), steps_done);
  const GroupSums sums = optimizer->step(objective, parameters);
  account(sums, optimizer->rate());
}

void Trainer::State::account(const GroupSums& sums, double rate) {
  for (const double rows : sums.rows) rows_since_entry += rows;
  const HistoryEntry record = entry(sums, rate);
  ++steps_done;
  if (plateau.add(record.loss)) stop_reason = StopReason::plateau;
  if (steps_done >= steps_total()) stop_reason = StopReason::completed;
  const bool ends = stop_reason != StopReason::running;
  if (record.step % options.record_every == 0 || ends) history.push_back(record);
}

HistoryEntry Trainer::State::entry(const GroupSums& sums, double rate) const {
  const Vec3<double> cell_size = cell_size_of(steps_done);
  HistoryEntry entry;
  entry.step = steps_done;
  entry.loss = sums.loss(weights_of(cell_size));
  for (std::size_t g = 0; g < kRowGroups; ++g) entry.mean_squares[g] = sums.mean_square(static_cast<RowGroup>(g));
  entry.rows = sums.rows;
  entry.rate = rate;
  entry.cell_size = std::max({cell_size.x, cell_size.y, cell_size.z});
  return entry;
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
  const double start = now(), before = s.seconds;
  for (index_t i = 0; i < count && s.stop_reason == StopReason::running; ++i) {
    const std::size_t recorded = s.history.size();
    s.train_step();
    s.seconds = before + now() - start;
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
  s.seconds = before + now() - start;
  return s.stop_reason;
}

index_t Trainer::steps_done() const { return state_->steps_done; }
index_t Trainer::steps_total() const { return state_->steps_total(); }
StopReason Trainer::stop_reason() const { return state_->stop_reason; }
const History& Trainer::history() const { return state_->history; }
const std::vector<double>& Trainer::parameters() const { return state_->parameters; }
const Problem& Trainer::problem() const { return state_->problem; }
const TrainingOptions& Trainer::options() const { return state_->options; }
bool Trainer::has_interface() const { return state_->has_interface; }

void Trainer::set_parameters(std::vector<double> parameters) {
  if (parameters.size() != state_->parameters.size()) {
    throw InvalidArgument("parameters", "expected " + std::to_string(state_->parameters.size()) +
                                            " numbers (both networks), got " + std::to_string(parameters.size()));
  }
  if (steps_done() > 0) throw InvalidArgument("parameters", "can be set before the first step only");
  state_->parameters = std::move(parameters);
  state_->resident_started = false;
  state_->optimizer->parameters_given();
}

}  // namespace nbm
