#pragma once
#include <functional>

#include "nbm/core/types.hpp"

namespace nbm {

// Lets a program stop the long calls that it makes on this thread, as on Ctrl-C: while a scope lives, `poll` is called
// on this thread about ten times a second wherever nbm works, and what it throws leaves the call of nbm. Trainers keep
// the state of the last whole step. Scopes nest; the innermost counts.
class NBM_EXPORT InterruptionScope {
 public:
  explicit InterruptionScope(std::function<void()> poll);
  ~InterruptionScope();
  InterruptionScope(const InterruptionScope&) = delete;
  InterruptionScope& operator=(const InterruptionScope&) = delete;

 private:
  struct State;
  friend NBM_EXPORT void interruption_point();
  static thread_local State* current;

  State* own_;
  State* outer_;
};

// Calls the poll of this thread's innermost scope, if there is one and its time has come.
NBM_EXPORT void interruption_point();

}  // namespace nbm
