#pragma once
#include <optional>

#include "bindings.hpp"
#include "nbm/core/interruption.hpp"

// The interpreter's lock. Only these guards are used, not those of nanobind: a thread that waits for the lock when the
// interpreter ends would be unwound through C++ frames, which aborts the process. Here it sleeps until the process
// ends.
namespace nbm::python {

// The lock is given back for the life of the guard, around long native calls. Meanwhile signals reach Python's handlers
// a few times a second; what they raise, such as KeyboardInterrupt, leaves the native call.
class GilReleased {
 public:
  GilReleased();
  ~GilReleased();
  GilReleased(const GilReleased&) = delete;
  GilReleased& operator=(const GilReleased&) = delete;

 private:
  std::optional<InterruptionScope> signals_;
  PyThreadState* thread_;
};

// The lock is held for the life of the guard, on any thread.
class GilHeld {
 public:
  GilHeld();
  ~GilHeld();
  GilHeld(const GilHeld&) = delete;
  GilHeld& operator=(const GilHeld&) = delete;

 private:
  PyGILState_STATE state_;
};

// Whether Python is ending, for a thread that would have to sleep in GilHeld.
bool interpreter_is_lost();

// To be called by the interpreter's atexit: threads that call into Python are waited for, others find the gate closed.
void close_interpreter();

}  // namespace nbm::python
