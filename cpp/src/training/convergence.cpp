#include <utility>

#include "training/trainer_state.hpp"

// Where Gauss-Newton ends before its last step (docs/method.md, section 10).
namespace nbm {
namespace {

constexpr double kNoFall = 0.7;                 // of the loss from look to look
constexpr index_t kLeastStepsBetweenLooks = 5;  // a look makes two sets of rows

}  // namespace

bool Trainer::State::looks_for_the_end() const {
  const auto* gauss_newton = std::get_if<GaussNewtonOptions>(&options.optimizer);
  if (gauss_newton == nullptr || gauss_newton->stop_fraction == 0.0 || steps_done == 0) return false;
  const ResolutionSchedule& cells = options.resolution;
  if (cells.level(steps_done, steps_total(), options.seed) + 1 < cells.levels) return false;
  // At points that no step has seen.
  const index_t kept = options.sampling.mode == SamplingOptions::Mode::fresh ? options.sampling.refresh : 1;
  const index_t draws = (kLeastStepsBetweenLooks + kept - 1) / kept;
  return steps_done % (draws * kept) == 0;
}

StopReason Trainer::State::look(const Draw& draw, GroupSums& sums) {
  const auto loss_on = [&](const Draw& rows) {
    supply->provide(rows, {}, false);
    const Objective objective(*backend, communicator, message, *supply, {weights_of(rows), group_names}, steps_done);
    sums = objective.sums(parameters);
    return objective.loss(sums);
  };
  const double fraction = std::get<GaussNewtonOptions>(options.optimizer).stop_fraction;
  const double left_by_cells = loss_on({draw.number, 0.5 * draw.cell_size});
  const double loss = loss_on(draw);
  if (loss < fraction * fraction * left_by_cells) return StopReason::converged;
  const double before = std::exchange(loss_at_look, optimizer->is_choosing() ? -1.0 : loss);
  const bool rests = !optimizer->is_choosing() && before >= 0 && loss > kNoFall * before;
  return rests ? StopReason::plateau : StopReason::running;
}

}  // namespace nbm
