#pragma once
#include <algorithm>

#include "nbm/core/communicator.hpp"

namespace nbm::testing {

// The ranks that run this test program: one, or all of mpirun. The same test sources are linked with either definition.
Communicator test_communicator();

// The rank that is made to fail: the second, or the only one.
inline int failing_rank() { return std::min(1, test_communicator().size() - 1); }

}  // namespace nbm::testing
