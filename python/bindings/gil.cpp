#include "gil.hpp"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace nbm::python {
namespace {

constexpr auto kLongestWait = std::chrono::seconds(5);  // at the end, for a Python function that does not return

std::atomic<int> inside{0};  // threads that hold the lock in a guard, or are about to
std::atomic<bool> closed{false};
std::atomic<pthread_t> closer{};  // may still pass: it runs what is left of Python
thread_local int depth = 0;       // guards of this thread that hold the lock

[[maybe_unused]] const int registered = ::pthread_atfork(nullptr, nullptr, [] {
  inside = depth > 0 ? 1 : 0;  // the other threads are gone
  closed = false;
});

bool shut_out() { return closed && depth == 0 && !pthread_equal(closer, pthread_self()); }

void enter() {
  if (depth++ > 0) return;
  ++inside;
  const bool late = closed && !pthread_equal(closer, pthread_self());
  if (!late) return;
  --inside;
  while (true) ::pause();
}

void leave() {
  if (--depth == 0) --inside;
}

void poll_signals() {
  const GilHeld gil;
  if (PyErr_CheckSignals() != 0) throw nb::python_error();
}

}  // namespace

GilReleased::GilReleased() : thread_(PyEval_SaveThread()) { signals_.emplace(poll_signals); }

GilReleased::~GilReleased() {
  signals_.reset();
  enter();
  PyEval_RestoreThread(thread_);
  leave();
}

GilHeld::GilHeld() {
  enter();
  state_ = PyGILState_Ensure();
}

GilHeld::~GilHeld() {
  PyGILState_Release(state_);
  leave();
}

bool interpreter_is_lost() { return !Py_IsInitialized() || shut_out(); }

void close_interpreter() {
  closer = pthread_self();
  closed = true;
  PyThreadState* thread = PyEval_SaveThread();
  const auto start = std::chrono::steady_clock::now();
  while (inside > 0 && std::chrono::steady_clock::now() - start < kLongestWait) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  PyEval_RestoreThread(thread);
}

}  // namespace nbm::python
