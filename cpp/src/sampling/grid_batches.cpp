#include "nbm/sampling/grid_batches.hpp"

#include <algorithm>
#include <string>

#include "nbm/core/error.hpp"
#include "nbm/sampling/classify.hpp"
#include "nbm/sampling/resolution.hpp"
#include "sample_tasks.hpp"

namespace nbm {
namespace {

constexpr index_t kGrain = 512;  // least points of a task
constexpr index_t kMostNodes = index_t{1} << 20;

void check_below(const char* name, index_t value, index_t limit) {
  if (value >= 0 && value < limit) return;
  throw InvalidArgument(name, "must be from 0 to " + std::to_string(limit - 1) + ", got " + std::to_string(value));
}

}  // namespace

GridBatches::GridBatches(const Problem& problem, index_t nodes, std::uint64_t seed, index_t batch)
    : box_(problem.box),
      periodic_(problem.periodic_axes()),
      level_set_(problem.level_set),
      nodes_(nodes),
      batch_(batch),
      seed_(seed) {
  box_.validate();
  if (nodes < 2 || nodes > kMostNodes) {
    throw InvalidArgument("nodes", "must be from 2 to 2^20 an axis, got " + std::to_string(nodes));
  }
  if (batch < 1) throw InvalidArgument("batch", "must be at least 1 point, got " + std::to_string(batch));
}

Vec3<double> GridBatches::node(index_t number) const { return grid_node(box_, nodes_, number); }

SampleSet GridBatches::draw(index_t epoch, index_t batch, Vec3<double> cell_size, ThreadPool& pool, int rank,
                            int ranks) const {
  check_below("epoch", epoch, index_t{1} << 56);
  check_below("batch", batch, batches_per_epoch());
  check_below("rank", rank, ranks);
  validate_cell_size(cell_size, box_);
  const index_t first = batch * batch_;
  const IndexRange share = share_of(std::min(batch_, node_count() - first), rank, ranks);
  const Permutation order = make_permutation(node_count(), seed_, epoch);
  return run_parts<SampleSet>({first + share.begin, first + share.end}, kGrain, pool,
                              [&](IndexRange positions) { return part(order, positions, cell_size); });
}

SampleSet GridBatches::part(const Permutation& order, IndexRange positions, Vec3<double> cell_size) const {
  Points inside, on_faces;
  for (index_t i = positions.begin; i < positions.end; ++i) {
    const Vec3<double> p = node(permuted(order, i));
    (on_face(box_, p) ? on_faces : inside).push_back(p);
  }
  SampleSet set;
  std::vector<std::uint8_t> kind(inside.x.size());
  classify(level_set_, inside.view(), cell_size, kind);
  for (index_t i = 0; i < inside.size(); ++i) {
    const auto k = static_cast<CellKind>(kind[static_cast<std::size_t>(i)]);
    if (!stays_inside(box_, inside[i], inset_of(periodic_, cell_size), reach_of(k))) continue;
    (k == CellKind::irregular ? set.irregular : set.regular[static_cast<std::size_t>(k)]).push_back(inside[i]);
  }
  std::vector<double> phi(on_faces.x.size());
  evaluate_finite(level_set_, "level_set", on_faces.view(), phi);
  for (index_t i = 0; i < on_faces.size(); ++i) {
    set.boundary[static_cast<std::size_t>(index_of(side_of(phi[static_cast<std::size_t>(i)])))].push_back(on_faces[i]);
  }
  return set;
}

}  // namespace nbm
