#pragma once
#include "nbm/core/types.hpp"

namespace nbm {

// How many forks lead from the process that loaded nbm to this one. Threads do not survive a fork: whoever owns some
// compares this number with that of their birth.
NBM_EXPORT unsigned forks();

}  // namespace nbm
