#include "core/rank_failure.hpp"
#include "training/adam.hpp"
#include "training/trainer_state.hpp"

// Training whose steps the backend takes by itself: the host runs ahead of them and follows in account().
namespace nbm {

void Trainer::State::send_step() {
  const auto failure = attempt([&] {
    if (!resident_started) resident->start(parameters, static_cast<const Adam&>(*optimizer).memory());
    resident_started = true;
    const index_t step = steps_done + unread;
    const Draw draw = draw_of(step);
    resident->step(draw.number, draw.cell_size, weights_of(draw));
    ++unread;
    const bool recorded = step % options.record_every == 0, last = step + 1 == steps_total();
    const bool ends_window = options.plateau.window > 0 && plateau.state().count + unread >= options.plateau.window;
    if (recorded || last || ends_window || unread == ResidentAdam::kMostUnread) read_steps();
  });
  if (!failure) return;
  settle();  // parameters() are those of the last good step
  std::rethrow_exception(failure);
}

void Trainer::State::read_steps() {
  const ResidentAdam::Report report = resident->finish();
  unread = 0;
  const AdamOptions& adam = std::get<AdamOptions>(options.optimizer);
  for (const GroupSums& sums : report.steps) account(sums, adam.rate(steps_done));
  if (report.failure) std::rethrow_exception(report.failure);
}

void Trainer::State::settle() {
  if (!resident_started) return;
  const auto failure = attempt([&] { read_steps(); });
  auto& adam = static_cast<Adam&>(*optimizer);
  AdamMemory memory = adam.memory();
  resident->fetch(parameters, memory);
  adam.take(std::move(memory));
  if (failure) std::rethrow_exception(failure);
}

}  // namespace nbm
