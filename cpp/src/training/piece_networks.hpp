#pragma once
#include "nbm/core/thread_pool.hpp"
#include "nbm/network/network_map.hpp"
#include "nbm/problem/problem.hpp"

namespace nbm {

constexpr index_t kMostNetworks = 64;

// A network for each connected piece of either side, found by flood fill on a grid. Throws InvalidArgument ("networks")
// where a piece lies between the nodes of the grid, two pieces of a side meet in one of its cells, or there are more
// than kMostNetworks.
NBM_EXPORT NetworkMap piece_networks(const Problem& problem, ThreadPool& pool);

}  // namespace nbm
