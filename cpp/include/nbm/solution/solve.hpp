#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nbm/solution/error_estimate.hpp"
#include "nbm/training/expansion_fit.hpp"

namespace nbm {

// What solve() tried, and what came of it.
struct NBM_EXPORT SolveReport {
  struct Attempt {
    std::string what;
    double estimated_rmse;  // as ErrorEstimate::rms
    double seconds;
  };
  std::vector<Attempt> attempts;
  std::size_t chosen = 0;                 // of the attempts
  ErrorEstimate estimate;                 // of the solution returned; its rms is infinite where there is none
  std::string not_solved;                 // what the grid solver said where it failed: no further grid was tried
  std::optional<ExpansionOptions> basis;  // of the expansion, where there is one
  InterfacePoints interface;              // points of it that no fit has seen, for a look at the jumps
};

struct NBM_EXPORT SolveOptions {
  index_t cells = 64;            // along the longest edge, of the finer grid of the correction and the estimate
  index_t most_unknowns = 3000;  // of an expansion
  std::uint64_t seed = 0;
  std::optional<ExpansionOptions> basis = {};  // that served a similar problem: one fit instead of a search
  std::function<void(const SolveReport::Attempt&)> progress = {};  // called with every attempt

  void validate() const;
};

// Solves a problem by whatever serves it best (docs/method.md, section 15): an expansion, with and without the grid's
// correction, and where that leaves much to be desired the grid alone; the least estimated error decides.
NBM_EXPORT Solution solve(const Problem& problem, const SolveOptions& options, ThreadPool& pool, SolveReport& report);

}  // namespace nbm
