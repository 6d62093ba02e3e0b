#pragma once
#include <algorithm>
#include <optional>

#include "nbm/sampling/interface_sampler.hpp"
#include "nbm/solution/grid_solver.hpp"
#include "nbm/solution/solution.hpp"

namespace nbm {

// How far a solution is from the true one, as the classical solver sees it on two grids (docs/method.md, section 15).
struct NBM_EXPORT ErrorEstimate {
  Vec3<index_t> cells;                        // of the finer grid
  double rms = 0.0;                           // estimated error of u at the nodes: root mean square
  double max = 0.0;                           // and largest
  double missing = 0.0;                       // RMS of what the finer grid would still add to the solution
  double change = 0.0;                        // RMS of what the finer grid changes in the correction of the coarser one
  double unseen_sources = 0.0;                // RMS error by sources narrower than the cells,
  double unseen_flux = 0.0;                   // and by flux at the interface that passes between its nodes;
  Vec3<double> source_place{}, flux_place{};  // where most of that is
  double lower = 0.0, upper = 0.0;            // the least and the largest u at the nodes,
  double deviation = 0.0;                     // and its standard deviation
  std::optional<SidedGrid> correction;        // of the finer grid, for the solution without the one that it has

  // Sets rms from its parts.
  void add_up();
  // u has no scale of its own: errors are compared with how far it reaches, but for peaks, which excuse no error
  // elsewhere.
  static constexpr double kMostDeviations = 10.0;
  double range() const { return std::min(upper - lower, kMostDeviations * deviation); }
  // The largest rms that certificates trust by default: a share of the range, but of the standard deviation not more
  // than twice that share, since u that is flat but for a small part has a range that excuses errors elsewhere.
  static constexpr double kTrusted = 0.02, kTrustedOfDeviation = 2.0;
  double trusted() const { return kTrusted * std::min(range(), kTrustedOfDeviation * deviation); }
};

// Cells along each axis for `cells` along the longest edge: even, of about equal size, at least 16.
NBM_EXPORT Vec3<index_t> grid_cells(const Box& box, index_t cells);

// Solves for the error of the solution without its correction on `cells` and on half as many along the longest edge.
// Errors as of correct().
NBM_EXPORT ErrorEstimate estimate_error(const Problem& problem, const Solution& solution, index_t cells,
                                        ThreadPool& pool);
// The same with what is known of the interface of the problem.
NBM_EXPORT ErrorEstimate estimate_error(const Problem& problem, const InterfaceSampler& interface,
                                        const Solution& solution, index_t cells, ThreadPool& pool);

}  // namespace nbm
