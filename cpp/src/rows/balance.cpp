#include <algorithm>
#include <cmath>
#include <sstream>

#include "nbm/core/error.hpp"
#include "nbm/rows/grid_system.hpp"

namespace nbm {

void require_balance(const Problem& problem, ThreadPool& pool) {
  constexpr double kCells = 64.0, kMostMiss = 0.01;
  if (!problem.is_floating()) return;
  const Vec3<double> edge = problem.box.edge();
  const double longest = std::max({edge.x, edge.y, edge.z});
  Vec3<index_t> cells;
  for (int k = 0; k < kDim; ++k) cells[k] = std::max<index_t>(16, std::llround(kCells * edge[k] / longest));
  const GridSystem system = assemble_grid_system(problem, cells, pool);
  if (std::abs(system.supply) <= kMostMiss * system.throughput) return;
  std::ostringstream text;
  text.precision(3);
  text << "no wall gives u, so sources and fluxes into the box less the flux jump must add up to 0, but they add up to "
       << system.supply << ", " << 100.0 * std::abs(system.supply) / system.throughput
       << " % of their size; correct them, or give u or a transfer coefficient on a wall";
  throw InvalidArgument("walls", text.str());
}

}  // namespace nbm
