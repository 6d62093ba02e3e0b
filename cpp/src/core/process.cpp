#include "nbm/core/process.hpp"

#include <pthread.h>

#include <atomic>

namespace nbm {
namespace {

std::atomic<unsigned> count{0};
// A thread that misses its registration would wait for ever in a child: done when the library is loaded.
[[maybe_unused]] const int registered = ::pthread_atfork(nullptr, nullptr, [] { count.fetch_add(1); });

}  // namespace

unsigned forks() { return count.load(std::memory_order_relaxed); }

}  // namespace nbm
