#pragma once
#include <vector>

#include "nbm/rows/grid_system.hpp"
#include "nbm/sampling/interface_sampler.hpp"
#include "nbm/solution/solution.hpp"

namespace nbm {

// What a grid of these cells cannot see, as RMS error of u that it may cause, and where most of it is.
struct Unseen {
  double rms = 0.0;
  Vec3<double> place;
};

// RMS over the box of the potential of a point source of this strength, roughly: the mean square of 1/r over a ball of
// half the edge, or of exp(-r root(k/mu))/r where that is less.
double error_of_strength(double strength, double mu, double k, const Box& box);
// A field at points, on the team; throws InvalidField naming `name` where it is not finite.
std::vector<double> evaluate_at(const Field& field, const char* name, const Points& points, ThreadPool& pool);

// Sources narrower than the cells: cells on one side whose integral of f, taken ever more finely, is not what the nodes
// of the grid make of it.
NBM_EXPORT Unseen unseen_sources(const Problem& problem, Vec3<index_t> cells, ThreadPool& pool);
// Flux that a solution without its correction owes the interface, and that a grid takes to be another, part by part:
// small pieces and spikes that pass between its nodes. `interface` is that of the problem.
// Where a rough look finds an error of at most `matters`, that is what it says.
NBM_EXPORT Unseen unseen_flux(const Problem& problem, const InterfaceSampler& interface, const Solution& base,
                              Vec3<index_t> cells, double matters, ThreadPool& pool);

}  // namespace nbm
