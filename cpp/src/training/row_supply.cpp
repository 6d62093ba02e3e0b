#include "training/row_supply.hpp"

#include <algorithm>
#include <utility>

#include "core/rank_failure.hpp"

namespace nbm {

RowSupply::RowSupply(TrainingBackend& backend, const Communicator& communicator, bool ahead)
    : backend_(backend), communicator_(communicator), ahead_(ahead && communicator.size() > 1) {
  counts_.reserve(kMostGroups + 1);
}

// Whether there is a message follows from what all ranks know alike: the draws, and whether their rows are counted.
void RowSupply::provide(const Draw& draw, const Upcoming& upcoming, bool used_once) {
  upcoming_ = upcoming;
  used_once_ = used_once;
  if (in_place_.draw != draw && next_.draw == draw) advance();
  if (in_place_.draw == draw && in_place_.counted) return;
  if (in_place_.draw != draw) in_place_ = Set(draw);
  auto failure = attempt([&] {
    if (in_place_.failure) std::rethrow_exception(in_place_.failure);
    if (!in_place_.made) backend_.assemble(draw.number, draw.cell_size);
    in_place_.made = true;
    in_place_.rows = backend_.row_counts();
  });
  counts_.assign(in_place_.rows.begin(), in_place_.rows.end());
  sum_over_ranks(communicator_, counts_, std::move(failure));
  std::copy(counts_.begin(), counts_.end(), in_place_.rows.begin());
  in_place_.counted = true;
}

void RowSupply::provide_alone(const Draw& draw) {
  if (in_place_.draw == draw) return;
  forget();
  backend_.assemble(draw.number, draw.cell_size);
  in_place_ = Set(draw);
  in_place_.rows = backend_.row_counts();
}

void RowSupply::advance() {
  if (next_.made) backend_.use_prepared();
  in_place_ = std::exchange(next_, {});
}

void RowSupply::make_next(const Draw& draw) {
  next_ = Set(draw);
  next_.failure = attempt([&] { next_.made = backend_.prepare(draw.number, draw.cell_size, next_.rows); });
}

void RowSupply::announce(std::vector<double>& message) {
  announced_ = next_.counted ? Draw{} : next_.draw;
  const bool made = announced_.number >= 0 && next_.made;
  for (const double rows : next_.rows) message.push_back(made ? rows : 0.0);
  message.push_back(made ? 0.0 : 1.0);
}

void RowSupply::make_ahead() {
  if (!ahead_) return;
  for (const Draw& draw : upcoming_) {
    if (draw.number < 0 || draw == in_place_.draw || draw == next_.draw) continue;
    if (next_.draw == upcoming_[0] && draw == upcoming_[1]) {
      // Both sets are taken, unless the rows in place have done their service.
      if (!used_once_) return;
      advance();
    }
    make_next(draw);
  }
}

void RowSupply::read_announced(std::vector<double>& message) {
  const double missing = message.back();
  const auto rows = message.end() - kAnnounced;
  if (announced_.number >= 0 && missing == 0.0) {
    Set& set = next_.draw == announced_ ? next_ : in_place_;
    std::copy_n(rows, kMostGroups, set.rows.begin());
    set.counted = true;
  }
  message.erase(rows, message.end());
}

}  // namespace nbm
