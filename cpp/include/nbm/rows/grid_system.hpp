#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "nbm/core/thread_pool.hpp"
#include "nbm/problem/problem.hpp"

namespace nbm {

// A node that is another one, a period further: u there is u of that one and a jump.
struct GridCopy {
  index_t node, of;
  double jump;
};

// The rows on the nodes of a uniform grid over the box: the sparse system of the classical sharp-interface solver
// (docs/method.md, section 9). Node (i, j, k) has index (i ny + j) nz + k; its unknown is the solution on its own side.
struct GridSystem {
  Vec3<index_t> nodes;               // a axis: cells + 1
  std::vector<index_t> row_begin;    // [n + 1]
  std::vector<std::int32_t> column;  // [nonzeros], ascending in each row
  std::vector<double> value;         // [nonzeros], rows divided by the Jacobi diagonal
  std::vector<double> rhs;           // [n]; of copies 0, their only entry being their own: no other row has them
  std::vector<double> diagonal;      // [n], by which the rows were divided, per volume of a cell; 1 on the box
  std::vector<std::uint8_t> side;    // [n]
  std::vector<double> level_set;     // [n]
  bool floating = false;             // whether constants solve the homogeneous system (Problem::is_floating)
  std::vector<GridCopy> copies;      // on upper walls of periods
  double supply = 0.0;               // sum over cells of sources and of what walls and the interface are given,
  double throughput = 0.0;           // and of its absolute values

  index_t size() const { return static_cast<index_t>(rhs.size()); }
};

// Node (i, j, k) of a grid of `cells` over the box.
inline Vec3<double> grid_node(const Box& box, Vec3<index_t> cells, Vec3<double> index) {
  const Vec3<double> edge = box.edge();
  return {box.lower.x + edge.x * index.x / static_cast<double>(cells.x),
          box.lower.y + edge.y * index.y / static_cast<double>(cells.y),
          box.lower.z + edge.z * index.z / static_cast<double>(cells.z)};
}

// A known part b of u = b + e, where the system is for e. What it leaves of the equations is integrated over the cells
// by its fluxes through their faces: what the quadrature of a face lacks then cancels between its two cells, while
// errors in the volumes would add up, and where mu is large a little too much source shifts a whole side. Functions are
// called from any thread, with points near the side of theirs.
struct NBM_EXPORT KnownPart {
  using Fill = std::function<void(Side side, PointsView points, std::span<double> values)>;
  Fill source;    // f - k b
  Fill residual;  // f - k b + div(mu grad b)
  std::function<void(Side side, PointsView points, std::array<std::span<double>, kDim> flux)> flux;  // mu grad b
};

// The system for cells.x by cells.y by cells.z cells: rows of u on walls that give it, of half cells on others, regular
// and irregular rows inside.
// Where the interface meets the box, ghost values are made of nodes inside alone. The same bits for any team. Throws
// InvalidArgument where `cells` is too small or too large; InvalidField as assemble_irregular does.
NBM_EXPORT GridSystem assemble_grid_system(const Problem& problem, Vec3<index_t> cells, ThreadPool& pool,
                                           const KnownPart* known = nullptr);

// Writes the rows of copies out, u(copy) - u(of) = jump, for solvers that know nothing of copies.
NBM_EXPORT void write_out_copies(GridSystem& system);

// The share of a cell that a node has: 1/2 on a wall, 1/4 on an edge, 1/8 in a corner.
inline double cell_share(Vec3<index_t> nodes, Vec3<index_t> n) {
  double share = 1.0;
  for (int axis = 0; axis < kDim; ++axis) share *= n[axis] == 0 || n[axis] == nodes[axis] - 1 ? 0.5 : 1.0;
  return share;
}

// Where u is known but for a constant, sources and given fluxes must add up to 0: throws InvalidArgument, saying by how
// much they miss, if they do not to a hundredth of their size on a grid of 64 cells.
NBM_EXPORT void require_balance(const Problem& problem, ThreadPool& pool);

}  // namespace nbm
