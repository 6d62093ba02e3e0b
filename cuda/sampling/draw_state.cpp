#include <algorithm>

#include "nbm/sampling/resolution.hpp"
#include "sampling/device_sampler.hpp"

namespace nbm::cuda {
namespace {

void put(DrawState& state, CandidatePart part, IndexRange range) {
  state.begin[static_cast<int>(part)] = range.begin;
  state.count[static_cast<int>(part)] = range.size();
}

}  // namespace

DrawState fresh_draw(const Sampler& sampler, std::uint64_t seed, bool by_side, index_t draw, Vec3<double> cell_size,
                     ThreadPool& pool, int rank, int ranks) {
  DrawState state{};
  state.h = cell_size;
  state.by_side = by_side;
  const SampleCounts& counts = sampler.counts();
  if (by_side) {
    put(state, CandidatePart::regular, share_of(counts.regular, rank, ranks));
    put(state, CandidatePart::boundary, share_of(counts.boundary, rank, ranks));
    if (sampler.has_interface()) put(state, CandidatePart::interface, share_of(counts.irregular, rank, ranks));
  } else {
    const Sampler::Candidates numbers = sampler.candidates(cell_size, pool, rank, ranks);
    put(state, CandidatePart::regular, numbers.regular);
    put(state, CandidatePart::irregular, numbers.irregular);
    put(state, CandidatePart::boundary, numbers.boundary);
  }
  state.regular = make_sobol(seed, Stream::regular, draw);
  state.irregular = make_sobol(seed, Stream::irregular, draw);
  state.interface = make_sobol(seed, Stream::interface, draw);
  for (int face = 0; face < kBoxFaces; ++face) {
    state.face[face] = make_sobol(seed, Stream::boundary, boundary_draw(draw, face));
  }
  const auto begin = sampler.face_begin();
  std::copy(begin.begin(), begin.end(), state.face_begin);
  return state;
}

DrawState grid_draw(index_t nodes, index_t batch, std::uint64_t seed, index_t draw, Vec3<double> cell_size, int rank,
                    int ranks) {
  const index_t node_count = nodes * nodes * nodes, batches = (node_count + batch - 1) / batch;
  const index_t epoch = draw / batches, first = draw % batches * batch;
  const IndexRange share = share_of(std::min(batch, node_count - first), rank, ranks);
  DrawState state{};
  state.h = cell_size;
  put(state, CandidatePart::grid, {first + share.begin, first + share.end});
  state.order = make_permutation(node_count, seed, epoch);
  state.nodes = nodes;
  return state;
}

}  // namespace nbm::cuda
