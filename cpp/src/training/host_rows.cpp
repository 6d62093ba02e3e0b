#include "training/host_rows.hpp"

#include <algorithm>

#include "nbm/rows/assemble.hpp"
#include "problem/periods.hpp"
#include "training/rows_by_network.hpp"

namespace nbm {
namespace {

constexpr index_t kRegularGrain = 1024, kIrregularGrain = 64, kBoundaryGrain = 1024;

ValueScale units_of(const Problem& problem, const TrainingOptions& options) {
  ValueScale values = options.values();
  values.ramp = jump_ramp(problem);
  return values;
}

// Points of a group whose rows are left out.
void drop(std::array<Points, kSides>& points) {
  for (Points& side : points) side.clear();
}

}  // namespace

std::vector<ObservationRows> observation_rows(const Problem& problem, const TrainingOptions& options) {
  std::vector<ObservationRows> all;
  for (const Observations& data : options.observations) {
    all.emplace_back(problem, data, kStandardGroups + static_cast<int>(all.size()), options.seed,
                     units_of(problem, options));
  }
  return all;
}

HostRowMaker::HostRowMaker(const Problem& problem, const TrainingOptions& options, int rank, int ranks,
                           ThreadPool& pool)
    : problem_(continued_periodically(problem)),
      discretization_(options.discretization),
      interface_points_(options.sampling.counts.irregular),
      values_(units_of(problem, options)),
      network_map_(options.network_map),
      rank_(rank),
      ranks_(ranks),
      pool_(pool),
      observations_(observation_rows(problem, options)) {
  used_.fill(true);
  if (options.sampling.mode == SamplingOptions::Mode::grid) {
    grid_.emplace(problem_, options.sampling.grid_nodes, options.seed, options.sampling.batch);
  } else {
    sampler_.emplace(problem_, options.sampling.counts, options.seed, pool_, options.sampling.shares);
  }
}

void HostRowMaker::assemble(index_t draw, Vec3<double> cell_size, RowSet& rows) const {
  if (rows.networks() != kSides) rows = RowSet{};
  rows.points.clear();
  if (uses_points()) {
    assemble_points(draw, cell_size, rows);
  } else {
    assemble_rows({}, cell_size, rows);
  }
  scale_values(rows, values_);
  for (const ObservationRows& data : observations_) {
    if (used_[static_cast<std::size_t>(data.group())]) data.append(draw, cell_size, rank_, ranks_, rows.points);
  }
  if (!network_map_.one_a_side()) sort_by_network(network_map_, rows, problem_.periodic_axes());
}

// Whether the rows of any group of the problem are wanted.
bool HostRowMaker::uses_points() const {
  return std::any_of(used_.begin(), used_.begin() + kStandardGroups, [](bool used) { return used; });
}

void HostRowMaker::assemble_points(index_t draw, Vec3<double> cell_size, RowSet& rows) const {
  if (grid_) {
    const index_t batches = grid_->batches_per_epoch();
    assemble_rows(grid_->draw(draw / batches, draw % batches, cell_size, pool_, rank_, ranks_), cell_size, rows);
  } else if (discretization_ == Discretization::direct_jump) {
    assemble_rows(sampler_->draw_by_side(draw, cell_size, pool_, rank_, ranks_), cell_size, rows);
    assemble_jump_rows(draw, cell_size, rows);
  } else {
    assemble_rows(sampler_->draw(draw, cell_size, pool_, rank_, ranks_), cell_size, rows);
  }
}

void HostRowMaker::assemble_jump_rows(index_t draw, Vec3<double> cell_size, RowSet& rows) const {
  if (!used_[kValueJumpGroup] && !used_[kFluxJumpGroup]) return;
  const InterfacePoints on = sampler_->draw_interface(draw, interface_points_, pool_, rank_, ranks_);
  rows.points.reserve(rows.points.size() + 2);  // the references below stay good
  PointRows& value_jump = rows.points.emplace_back(make_value_jump_rows(problem_, cell_size, on.size()));
  PointRows& flux_jump = rows.points.emplace_back(make_flux_jump_rows(problem_, cell_size, on.size()));
  const auto cut = TaskPartition::of(on.size(), kRegularGrain);
  pool_.run(cut.tasks, [&](index_t t) {
    const index_t first = cut.begin(t), count = cut.end(t) - first;
    assemble_jumps(problem_, on.points.view().slice(first, count), on.normals.view().slice(first, count), cell_size,
                   value_jump, flux_jump, first);
  });
}

void HostRowMaker::assemble_rows(SampleSet samples, Vec3<double> cell_size, RowSet& rows) const {
  if (!used_[kRegularGroup]) drop(samples.regular);
  if (!used_[kIrregularGroup]) samples.irregular.clear();
  if (!used_[kBoundaryGroup]) drop(samples.boundary);
  const auto irregular = TaskPartition::of(samples.irregular.size(), kIrregularGrain);
  std::vector<StencilRows> parts(static_cast<std::size_t>(irregular.tasks));
  pool_.run(irregular.tasks, [&](index_t t) {
    parts[static_cast<std::size_t>(t)] = assemble_irregular(
        problem_, samples.irregular.view().slice(irregular.begin(t), irregular.end(t) - irregular.begin(t)), cell_size);
  });
  rows.irregular.clear();
  for (const StencilRows& part : parts) rows.irregular.append(part);

  for (std::size_t s = 0; s < kSides; ++s) {
    const auto side = static_cast<Side>(s);
    const Points& regular_points = samples.regular[s];
    rows.regular[s] = make_difference_rows(problem_.box, cell_size, regular_points.size());
    const auto regular = TaskPartition::of(regular_points.size(), kRegularGrain);
    pool_.run(regular.tasks, [&](index_t t) {
      const index_t first = regular.begin(t);
      assemble_regular(problem_, side, regular_points.view().slice(first, regular.end(t) - first), cell_size,
                       rows.regular[s], first);
    });
    assemble_boundary_rows(side, samples.boundary[s], cell_size, rows);
  }
}

void HostRowMaker::assemble_boundary_rows(Side side, const Points& points, Vec3<double> cell_size, RowSet& rows) const {
  if (any_flux(problem_.walls)) {
    for (const WallPoints& on : by_wall(problem_, points)) {
      rows.points.push_back(boundary_point_rows(problem_, on.wall, side, on.points.view(), cell_size));
    }
    return;
  }
  PointRows& on_boundary = rows.points.emplace_back(make_boundary_rows(side, points.size()));
  const auto cut = TaskPartition::of(points.size(), kBoundaryGrain);
  pool_.run(cut.tasks, [&](index_t t) {
    const index_t first = cut.begin(t);
    assemble_boundary(problem_, side, points.view().slice(first, cut.end(t) - first), on_boundary, first);
  });
}

}  // namespace nbm
