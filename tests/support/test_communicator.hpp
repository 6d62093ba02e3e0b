#pragma once
#include <algorithm>
#include <functional>

#include "nbm/core/communicator.hpp"

namespace nbm::testing {

// Runs a test on every rank and returns when all have. The ranks are one, threads of this process, or those of mpirun:
// the same test sources are linked with one of three definitions.
void on_ranks(const std::function<void()>& test);

// The ranks that run this test, for the one that asks.
Communicator test_communicator();

// The rank that is made to fail: the second, or the only one.
inline int failing_rank() { return std::min(1, test_communicator().size() - 1); }

}  // namespace nbm::testing
