#include <algorithm>

#include "core/launch.hpp"
#include "rows/row_assembly.hpp"

// Irregular rows, in phases that suit the device: the level set by one thread a node, geometry and rows by one thread a
// node of the star, coefficients and the entries of the rows by one warp a cell. Between the phases a cell lies in
// device memory.
namespace nbm::cuda {
namespace {

constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xffffffffu;
constexpr int kPlaceBlock = 128, kWarpBlock = 128;
constexpr int kLevelSetPositions = kCubeNodes + kCellCorners;

constexpr __device__ FieldId field_of(Coefficient coefficient) {
  return static_cast<FieldId>(static_cast<int>(FieldId::k_minus) + static_cast<int>(coefficient));
}
static_assert(static_cast<int>(FieldId::jump_flux) ==
              static_cast<int>(FieldId::k_minus) + static_cast<int>(Coefficient::jump_flux));

__device__ Vec3<int> cube_offset_of(int node) {
  return {node / 25 - kCubeReach, node / 5 % 5 - kCubeReach, node % 5 - kCubeReach};
}

// The cells of the chunk that there are.
__device__ index_t cells_in(const IrregularChunk& chunk) {
  const index_t left = *chunk.points.count - chunk.first;
  return left < chunk.room ? left : chunk.room;
}

__device__ index_t thread_number() { return static_cast<index_t>(blockIdx.x) * blockDim.x + threadIdx.x; }

__device__ void place(const RowKernelInput& in, const IrregularChunk& chunk, index_t cell_number, int position) {
  const std::uint32_t at = chunk.points.members[chunk.first + cell_number];
  const Vec3<double> x = {in.candidates.x[at], in.candidates.y[at], in.candidates.z[at]}, h = in.state->h;
  IrregularCell& cell = chunk.cells[cell_number];
  if (position == kCubeCenter) cell.x = x;
  if (position < kCubeNodes) {
    const Vec3<int> offset = cube_offset_of(position);
    if (!in_stencil(offset.x, offset.y, offset.z)) return;
    cell.phi[position] = checked_value(*in.problem, FieldId::level_set, node_position(x, h, offset));
  } else {
    const int corner = position - kCubeNodes;
    const double smallest_h = h.x < h.y ? (h.x < h.z ? h.x : h.z) : (h.y < h.z ? h.y : h.z);
    const double phi = checked_value(*in.problem, FieldId::level_set, classify_position(x, h, corner));
    cell.corner[corner] = corner_level_set(phi, smallest_h);
  }
}

// Grids of a few blocks a multiprocessor go through the cells: a draw has far fewer than there may be.
constexpr unsigned kMostBlocks = 1024;

// Calls use(cell) for each cell of the chunk, with `threads` threads a cell.
template <class Use>
__device__ void for_cells(const IrregularChunk& chunk, int threads, const Use& use) {
  const index_t cells = cells_in(chunk), step = index_t{gridDim.x} * blockDim.x / threads;
  for (index_t n = thread_number() / threads; n < cells; n += step) use(n);
}

__global__ void __launch_bounds__(kPlaceBlock) place_cells(RowKernelInput in, IrregularChunk chunk) {
  const index_t positions = cells_in(chunk) * kLevelSetPositions;
  for (index_t i = thread_number(); i < positions; i += index_t{gridDim.x} * kPlaceBlock) {
    place(in, chunk, i / kLevelSetPositions, static_cast<int>(i % kLevelSetPositions));
  }
}

// Threads of a cell, one for each node of the star and its ghost.
constexpr int kStarThreads = 8;
static_assert(kStarNodes <= kStarThreads);

__global__ void __launch_bounds__(kWarpBlock) find_geometry(RowKernelInput in, IrregularChunk chunk) {
  const index_t n = thread_number() / kStarThreads;
  const int node = static_cast<int>(threadIdx.x) % kStarThreads;
  const bool used = n < cells_in(chunk);
  if (used && node == 0) {
    IrregularCell& cell = chunk.cells[n];
    irregular_cut(cell.phi, cell.corner, in.state->h, cell.geometry);
  }
  __syncwarp();
  if (used && node < kStarNodes) {
    IrregularCell& cell = chunk.cells[n];
    irregular_ghost(cell.phi, cell.corner, in.state->h, node, cell.geometry);
  }
}

// A value that a cell needs.
struct Wanted {
  Coefficient coefficient;
  double x, y, z;
  double* value;
};
// Of k, f and mu on both sides, of four at each node of the star, of the flux jump on each patch.
constexpr int kMostWanted = kSides * (2 + kFaces) + 4 * kStarNodes + kTetrahedra;

// The lanes of a warp walk through the values that their cell needs, put them down in turn, and then evaluate them side
// by side: those of one coefficient go the same way.
__global__ void __launch_bounds__(kWarpBlock) evaluate_samples(RowKernelInput in, IrregularChunk chunk) {
  __shared__ Wanted wanted_of[kWarpBlock / kWarp][kMostWanted];
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  Wanted* const wanted = wanted_of[threadIdx.x / kWarp];
  for_cells(chunk, kWarp, [&](index_t n) {
    IrregularCell& cell = chunk.cells[n];
    int count = 0;
    visit_samples(cell.geometry, cell.x, in.state->h, cell.samples,
                  [&](Coefficient coefficient, Vec3<double> position, double& value) {
                    if (count % kWarp == lane)
                      wanted[count] = {coefficient, position.x, position.y, position.z, &value};
                    ++count;
                  });
    for (int i = lane; i < count; i += kWarp) {
      const Wanted& one = wanted[i];
      *one.value = checked_value(*in.problem, field_of(one.coefficient), {one.x, one.y, one.z});
    }
  });
}

__global__ void __launch_bounds__(kWarpBlock) find_weights(RowKernelInput in, IrregularChunk chunk) {
  const index_t n = thread_number() / kStarThreads;
  const int node = static_cast<int>(threadIdx.x) % kStarThreads;
  const bool used = n < cells_in(chunk);
  IrregularCell* const cell = used ? chunk.cells + n : nullptr;
  StarCoefficients star;
  GhostValue ghost;
  bool has_ghost = false;
  if (used) {
    const Vec3<double> h = in.state->h;
    star = star_coefficients(cell->geometry, cell->samples, h);
    has_ghost = node < kStarNodes && cell->geometry.needs_ghost[node];
    if (has_ghost) ghost = ghost_of(cell->phi, node, cell->geometry, cell->samples, h);
    for (int i = node; i < kCubeNodes; i += kStarThreads) cell->row.weight[i] = 0.0;
    if (node == 0) {
      cell->row.rhs = star.rhs;
      cell->row.diagonal = star.diagonal;
    }
  }
  // The nodes in turn, as on the CPU: the neighbours of one are those of others.
  for (int turn = 0; turn < kStarNodes; ++turn) {
    __syncwarp();
    if (used && turn == node) add_star_node(cell->phi, node, star, has_ghost ? &ghost : nullptr, cell->row);
  }
}

// The nodes of a cell that its row touches, kWarp at a time: visit(node, by side: the lanes that have one).
template <class Visit>
__device__ void visit_nodes(const IrregularCell& cell, int lane, const Visit& visit) {
  for (int first = 0; first < kCubeNodes; first += kWarp) {
    const int node = first + lane;
    const bool used = node < kCubeNodes && touches(cell.row, node);
    const bool minus = used && side_of(cell.phi[node]) == Side::minus;
    const unsigned lanes_minus = __ballot_sync(kAllLanes, minus);
    const unsigned lanes_plus = __ballot_sync(kAllLanes, used && !minus);
    visit(node, used, lanes_minus, lanes_plus);
  }
}

__global__ void __launch_bounds__(kWarpBlock) count_entries(IrregularChunk chunk) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  for_cells(chunk, kWarp, [&](index_t n) {
    int minus = 0, plus = 0;
    visit_nodes(chunk.cells[n], lane, [&](int, bool, unsigned lanes_minus, unsigned lanes_plus) {
      minus += __popc(lanes_minus);
      plus += __popc(lanes_plus);
    });
    if (lane != 0) return;
    chunk.entry_count[n] = minus;
    chunk.entry_count[chunk.room + n] = plus;
  });
}

__global__ void __launch_bounds__(kWarpBlock)
    write_entries(RowKernelInput in, IrregularChunk chunk, StencilRowsOut out) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  for_cells(chunk, kWarp, [&](index_t n) {
    const IrregularCell& cell = chunk.cells[n];
    const index_t row = chunk.first + n;
    const Box& box = in.problem->box;
    const Vec3<double> center = box.normalize(cell.x), step = box.normalize_lengths(in.state->h);
    index_t next[kSides] = {out.begin[0][row], out.begin[1][row]};
    visit_nodes(cell, lane, [&](int node, bool used, unsigned lanes_minus, unsigned lanes_plus) {
      if (used) {
        const StencilEntry entry = stencil_entry(cell, cube_offset_of(node), center, step);
        const int side = index_of(entry.side);
        const unsigned before = (side == 0 ? lanes_minus : lanes_plus) & ((1u << lane) - 1u);
        const index_t to = next[side] + __popc(before);
        out.x[side][0][to] = entry.x.x;
        out.x[side][1][to] = entry.x.y;
        out.x[side][2][to] = entry.x.z;
        out.weight[side][to] = entry.weight;
      }
      next[0] += __popc(lanes_minus);
      next[1] += __popc(lanes_plus);
    });
    if (lane == 0) out.rhs[row] = stencil_rhs(cell.row);
  });
}

index_t most_cells(const IrregularChunk& chunk) {
  return chunk.most - chunk.first < chunk.room ? chunk.most - chunk.first : chunk.room;
}

unsigned all_blocks(index_t threads, int block) { return static_cast<unsigned>((threads + block - 1) / block); }

unsigned blocks_for(index_t threads, int block) { return std::min(kMostBlocks, all_blocks(threads, block)); }

}  // namespace

void launch_irregular_cells(const RowKernelInput& in, const IrregularChunk& chunk, cudaStream_t stream) {
  const index_t cells = most_cells(chunk);
  NBM_LAUNCH(place_cells, blocks_for(cells * kLevelSetPositions, kPlaceBlock), kPlaceBlock, 0, stream, in, chunk);
  NBM_LAUNCH(find_geometry, all_blocks(cells * kStarThreads, kWarpBlock), kWarpBlock, 0, stream, in, chunk);
  NBM_LAUNCH(evaluate_samples, blocks_for(cells * kWarp, kWarpBlock), kWarpBlock, 0, stream, in, chunk);
  NBM_LAUNCH(find_weights, all_blocks(cells * kStarThreads, kWarpBlock), kWarpBlock, 0, stream, in, chunk);
  NBM_LAUNCH(count_entries, blocks_for(cells * kWarp, kWarpBlock), kWarpBlock, 0, stream, chunk);
}

void launch_irregular_rows(const RowKernelInput& in, const IrregularChunk& chunk, const StencilRowsOut& out,
                           cudaStream_t stream) {
  const index_t cells = most_cells(chunk);
  NBM_LAUNCH(write_entries, blocks_for(cells * kWarp, kWarpBlock), kWarpBlock, 0, stream, in, chunk, out);
}

}  // namespace nbm::cuda
