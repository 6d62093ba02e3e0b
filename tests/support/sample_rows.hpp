#pragma once
#include "nbm/rows/assemble.hpp"
#include "nbm/sampling/sampler.hpp"

// Rows of a problem as training makes them, serially.
namespace nbm::testing {

inline RowSet sample_rows(const Problem& problem, SampleCounts counts, double h, std::uint64_t seed = 3) {
  ThreadPool pool(1);
  const Vec3<double> cell{h, h, h};
  const Sampler sampler(problem, counts, seed, pool);
  const SampleSet samples = sampler.draw(0, cell, pool);
  const InterfacePoints on = sampler.draw_interface(0, counts.irregular, pool);
  RowSet rows;
  rows.irregular = assemble_irregular(problem, samples.irregular.view(), cell);
  for (std::size_t s = 0; s < kSides; ++s) {
    const auto side = static_cast<Side>(s);
    rows.regular[s] = make_difference_rows(problem.box, cell, samples.regular[s].size());
    assemble_regular(problem, side, samples.regular[s].view(), cell, rows.regular[s], 0);
    rows.points.push_back(make_boundary_rows(side, samples.boundary[s].size()));
    assemble_boundary(problem, side, samples.boundary[s].view(), rows.points.back(), 0);
  }
  rows.points.push_back(make_value_jump_rows(on.size()));
  rows.points.push_back(make_flux_jump_rows(problem.box, cell, on.size()));
  assemble_jumps(problem, on.points.view(), on.normals.view(), cell, rows.points[2], rows.points[3], 0);
  return rows;
}

}  // namespace nbm::testing
