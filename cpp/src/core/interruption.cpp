#include "nbm/core/interruption.hpp"

#include <chrono>
#include <utility>

namespace nbm {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kBetweenPolls = std::chrono::milliseconds(100);

}  // namespace

struct InterruptionScope::State {
  std::function<void()> poll;
  Clock::time_point next = Clock::now() + kBetweenPolls;
};

thread_local InterruptionScope::State* InterruptionScope::current = nullptr;

InterruptionScope::InterruptionScope(std::function<void()> poll)
    : own_(new State{std::move(poll)}), outer_(std::exchange(current, own_)) {}

InterruptionScope::~InterruptionScope() {
  current = outer_;
  delete own_;
}

void interruption_point() {
  InterruptionScope::State* scope = InterruptionScope::current;
  if (scope == nullptr) return;
  const Clock::time_point now = Clock::now();
  if (now < scope->next) return;
  scope->next = now + kBetweenPolls;
  scope->poll();
}

}  // namespace nbm
