#pragma once
#include "nbm/rows/assemble.hpp"
#include "nbm/sampling/sampler.hpp"
#include "observed_sphere.hpp"

// Rows of a problem as training makes them, serially, with values and slopes observed at points of the sphere problem.
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
  rows.points.push_back(make_value_jump_rows(problem, cell, on.size()));
  rows.points.push_back(make_flux_jump_rows(problem, cell, on.size()));
  assemble_jumps(problem, on.points.view(), on.normals.view(), cell, rows.points[2], rows.points[3], 0);
  int group = kStandardGroups;
  for (const Observations& data : {observed_sphere(counts.boundary), observed_slopes(counts.boundary)}) {
    ObservationRows(problem, data, group++, seed).append(0, cell, 0, 1, rows.points);
  }
  return rows;
}

}  // namespace nbm::testing
