#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "nbm/core/thread_pool.hpp"
#include "nbm/network/expansion.hpp"
#include "nbm/problem/problem.hpp"
#include "nbm/sampling/interface_sampler.hpp"

namespace nbm {

// Size of the basis of an expansion (docs/method.md, section 14).
struct NBM_EXPORT ExpansionOptions {
  index_t sines = 500;    // over all pieces, shared by the roots of their volumes
  index_t sources = 200;  // beside each side of the interface, shared by the roots of the areas of its parts
  double omega = 2.0;     // largest wave number of the sines on each axis, in radians from a piece's centre to its edge
  std::uint64_t seed = 0;
  double reach = 6.0;  // of a source from the interface, where there is room: in distances to the next source

  // Throws InvalidArgument for negative sizes, or an omega or a reach that is not positive.
  void validate() const;
};

struct NBM_EXPORT ExpansionFit {
  Expansion expansion;
  index_t unknowns = 0, rows = 0;
  ExpansionOptions options;                 // with which it was made
  std::map<std::string, double> residuals;  // by group of rows, at points that the fit has not seen: RMS, weighted
  double residual = 0.0;                    // root of the sum of their squares: of
  double jump_residual = 0.0;               // what ties two pieces,
  double piece_residual = 0.0;              // and of what each has for itself;
  double right_side = 0.0;                  // and the same root of the right sides of these rows
};

// The expansion whose weighted rows (equation, boundary, both jumps) at low-discrepancy points are least in the mean
// square. More than `kMostPieces` pieces are not attempted: the expansion is then empty and `unknowns` 0.
// The same bits for any team. Throws InvalidArgument and InvalidField as assembling does.
constexpr index_t kMostPieces = 128;
NBM_EXPORT ExpansionFit fit_expansion(const Problem& problem, const ExpansionOptions& options, ThreadPool& pool);
// The same with what is known of the interface of the problem: finding it is dear where the level set is.
NBM_EXPORT ExpansionFit fit_expansion(const Problem& problem, const InterfaceSampler& interface,
                                      const ExpansionOptions& options, ThreadPool& pool);

// How far the search for a basis goes. Nothing here depends on time, so that results do not.
struct NBM_EXPORT ExpansionSearch {
  index_t most_unknowns = 3000;  // work grows with the cube, memory with the square
  double tolerance = 2e-9;       // of the residual over the right side: smaller ones are as good
  std::uint64_t seed = 0;

  void validate() const;
};

// The best of several bases: a small one, wave numbers from smooth to oscillating, nearer and farther sources, then
// twice as many sines and sources as long as the residual falls.
NBM_EXPORT ExpansionFit search_expansion(const Problem& problem, const ExpansionSearch& search, ThreadPool& pool);
NBM_EXPORT ExpansionFit search_expansion(const Problem& problem, const InterfaceSampler& interface,
                                         const ExpansionSearch& search, ThreadPool& pool);

}  // namespace nbm
