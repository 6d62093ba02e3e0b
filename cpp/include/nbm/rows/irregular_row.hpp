#pragma once
#include "nbm/rows/cut_cell.hpp"
#include "nbm/rows/ghost.hpp"

// Rows of cells that the interface concerns (docs/method.md, section 7), in three steps: the geometry says where the
// coefficients are needed, the caller evaluates them there, and the row follows from both. Results are large: they go
// to the caller's memory.
namespace nbm {

enum class Coefficient : int { k_minus, k_plus, mu_minus, mu_plus, f_minus, f_plus, jump_u, jump_flux };
constexpr int kCoefficients = 8;
NBM_HD constexpr Coefficient of_side(Coefficient minus, int side) {
  return static_cast<Coefficient>(static_cast<int>(minus) + side);
}

struct IrregularGeometry {
  CutCell cell;
  GhostGeometry ghost[kStarNodes];
  bool needs_ghost[kStarNodes];  // whether the row touches the other side's value at this node of the star
};

struct IrregularSamples {  // only what the row needs is set
  double k[kSides], f[kSides];
  double mu[kSides][kFaces];  // at the centroids of the parts of the faces
  JumpSample jump[kStarNodes];
  double jump_flux[kTetrahedra];  // at the centroids of the patches
};

// residual = (sum over the cube of weight u - rhs) / diagonal, each node carrying the value of its own side.
struct IrregularRow {
  double weight[kCubeNodes];
  double rhs, diagonal;
};

// A cell and all that leads to its row.
struct IrregularCell {
  Vec3<double> x;
  double phi[kCubeNodes];       // the level set at the nodes; only the 81 of the stencil are set
  double corner[kCellCorners];  // the level set at the corners, as corner_level_set gives it
  // Neighbours of each node of the star that the row may touch: all, but on a grid next to its walls.
  std::uint32_t present[kStarNodes] = {kAllNeighbors, kAllNeighbors, kAllNeighbors, kAllNeighbors,
                                       kAllNeighbors, kAllNeighbors, kAllNeighbors};
  IrregularGeometry geometry;
  IrregularSamples samples;
  IrregularRow row;
};

// Cells of nodes on walls whose flux is given are the halves (quarters, eighths) in the box. `walls`: bit f is set
// where face f of the cell is a piece of such a wall; 0 for all other cells.
NBM_HD bool is_wall(unsigned walls, int face) { return (walls >> face & 1u) != 0; }
NBM_HD Vec3<double> cell_size_at(Vec3<double> h, unsigned walls) {
  for (int face = 0; face < kFaces; ++face) {
    if (is_wall(walls, face)) h[face_axis(face)] *= 0.5;
  }
  return h;
}
// x: the node.
NBM_HD Vec3<double> cell_center_at(Vec3<double> x, Vec3<double> h, unsigned walls) {
  for (int face = 0; face < kFaces; ++face) {
    if (is_wall(walls, face)) x[face_axis(face)] -= 0.25 * face_sign(face) * h[face_axis(face)];
  }
  return x;
}

NBM_HD bool has_part(const CutCell& cell, int side) { return cell.volume[side] > 0.0; }

// The geometry but for that of the ghosts. phi: the level set on the cube (its 81 stencil nodes); corner:
// corner_level_set of the eight corners.
NBM_HD void irregular_cut(const double phi[kCubeNodes], const double corner[kCellCorners], Vec3<double> h,
                          IrregularGeometry& out, unsigned walls = 0) {
  cut_cell(corner, cell_size_at(h, walls), out.cell);
  const int own = index_of(side_of(phi[kCubeCenter]));
  out.needs_ghost[0] = has_part(out.cell, 1 - own);
  for (int face = 0; face < kFaces; ++face) {
    const int node = star_node_of_face(face);
    const int side = index_of(side_of(phi[cube_index_of_star(node)]));
    out.needs_ghost[node] = !is_wall(walls, face) && out.cell.face_area[1 - side][face] > 0.0;
    out.needs_ghost[0] = out.needs_ghost[0] || out.cell.face_area[1 - own][face] > 0.0;
  }
}

// That of the ghost at a node of the star, behind irregular_cut().
NBM_HD void irregular_ghost(const double phi[kCubeNodes], const double corner[kCellCorners], Vec3<double> h, int node,
                            IrregularGeometry& out) {
  if (out.needs_ghost[node]) out.ghost[node] = project_node(phi + cube_index_of_star(node), corner, node, h);
}

NBM_HD void irregular_geometry(const double phi[kCubeNodes], const double corner[kCellCorners], Vec3<double> h,
                               IrregularGeometry& out) {
  irregular_cut(phi, corner, h, out);
  for (int node = 0; node < kStarNodes; ++node) irregular_ghost(phi, corner, h, node, out);
}

// Calls sample(coefficient, position, value) for every value of a coefficient that the row of the cell at x needs;
// `value` is the double to fill, inside `samples`. Side s of k, f and mu is evaluated where a part of side s exists.
template <class Sample>
NBM_HD void visit_samples(const IrregularGeometry& geometry, Vec3<double> x, Vec3<double> h, IrregularSamples& samples,
                          Sample&& sample, unsigned walls = 0) {
  const CutCell& cell = geometry.cell;
  const Vec3<double> center = cell_center_at(x, h, walls);
  for (int side = 0; side < kSides; ++side) {
    if (has_part(cell, side)) {
      sample(of_side(Coefficient::k_minus, side), x, samples.k[side]);
      sample(of_side(Coefficient::f_minus, side), x, samples.f[side]);
    }
    for (int face = 0; face < kFaces; ++face) {
      if (cell.face_area[side][face] == 0.0 || is_wall(walls, face)) continue;
      sample(of_side(Coefficient::mu_minus, side), center + cell.face_centroid[side][face], samples.mu[side][face]);
    }
  }
  for (int node = 0; node < kStarNodes; ++node) {
    if (!geometry.needs_ghost[node]) continue;
    const Vec3<double> foot = node_position(x, h, star_offset(node)) + geometry.ghost[node].foot;
    sample(Coefficient::mu_minus, foot, samples.jump[node].mu[0]);
    sample(Coefficient::mu_plus, foot, samples.jump[node].mu[1]);
    sample(Coefficient::jump_u, foot, samples.jump[node].jump_u);
    sample(Coefficient::jump_flux, foot, samples.jump[node].jump_flux);
  }
  for (int p = 0; p < cell.patches; ++p) {
    sample(Coefficient::jump_flux, center + cell.patch[p].centroid, samples.jump_flux[p]);
  }
}

// The integral of the flux jump over the interface in the cell: one point a patch.
NBM_HD double flux_jump_integral(const CutCell& cell, const IrregularSamples& samples) {
  double sum = 0.0;
  for (int p = 0; p < cell.patches; ++p) sum += cell.patch[p].area * samples.jump_flux[p];
  return sum;
}

// present: neighbours of the node that the row may touch.
NBM_HD GhostValue ghost_of(const double phi[kCubeNodes], int node, const IrregularGeometry& geometry,
                           const IrregularSamples& samples, Vec3<double> h, std::uint32_t present = kAllNeighbors) {
  const std::uint32_t minus = minus_neighbors(phi + cube_index_of_star(node));
  return ghost_value(minus, geometry.ghost[node], samples.jump[node], h, present);
}

// What the fluxes and the reaction bring to a row: factors of u_minus and u_plus at the nodes of the star, of which one
// is the node's own and the other that of its ghost value.
struct StarCoefficients {
  double of[kSides][kStarNodes];
  double rhs, diagonal;
};

NBM_HD StarCoefficients star_coefficients(const IrregularGeometry& geometry, const IrregularSamples& samples,
                                          Vec3<double> h, unsigned walls = 0) {
  const CutCell& cell = geometry.cell;
  StarCoefficients out{};
  out.rhs = -flux_jump_integral(cell, samples);
  for (int side = 0; side < kSides; ++side) {
    double& center = out.of[side][0];
    if (has_part(cell, side)) {
      center = samples.k[side] * cell.volume[side];
      out.rhs += samples.f[side] * cell.volume[side];
    }
    for (int face = 0; face < kFaces; ++face) {
      if (cell.face_area[side][face] == 0.0 || is_wall(walls, face)) continue;
      const double flux = samples.mu[side][face] * cell.face_area[side][face] / h[face_axis(face)];
      center += flux;
      out.of[side][star_node_of_face(face)] -= flux;
    }
    out.diagonal += center;
  }
  return out;
}

// Adds what a node of the star brings to a row that has begun with star.rhs and weights of zero; `ghost`: its ghost
// value, or null where the row needs none.
NBM_HD void add_star_node(const double phi[kCubeNodes], int node, const StarCoefficients& star, const GhostValue* ghost,
                          IrregularRow& row) {
  const int at = cube_index_of_star(node), own = index_of(side_of(phi[at]));
  row.weight[at] += star.of[own][node];
  if (ghost == nullptr) return;
  const double coefficient = star.of[1 - own][node];
  for (int n = 0, i = -1; i <= 1; ++i) {
    for (int j = -1; j <= 1; ++j) {
      for (int k = -1; k <= 1; ++k, ++n) row.weight[at + cube_offset(i, j, k)] += coefficient * ghost->weight[n];
    }
  }
  row.rhs -= coefficient * ghost->constant;
}

// present: neighbours of the nodes of the star that the row may touch; null: all.
NBM_HD void row_of_star(const double phi[kCubeNodes], const IrregularGeometry& geometry,
                        const IrregularSamples& samples, const StarCoefficients& star, Vec3<double> h,
                        IrregularRow& row, const std::uint32_t* present = nullptr) {
  row.rhs = star.rhs;
  row.diagonal = star.diagonal;
  for (double& weight : row.weight) weight = 0.0;
  for (int node = 0; node < kStarNodes; ++node) {
    if (geometry.needs_ghost[node]) {
      const std::uint32_t neighbors = present == nullptr ? kAllNeighbors : present[node];
      const GhostValue ghost = ghost_of(phi, node, geometry, samples, h, neighbors);
      add_star_node(phi, node, star, &ghost, row);
    } else {
      add_star_node(phi, node, star, nullptr, row);
    }
  }
}

NBM_HD void irregular_row(const double phi[kCubeNodes], const IrregularGeometry& geometry,
                          const IrregularSamples& samples, Vec3<double> h, IrregularRow& row) {
  row_of_star(phi, geometry, samples, star_coefficients(geometry, samples, h), h, row);
}

NBM_HD bool touches(const IrregularRow& row, int node) { return row.weight[node] != 0.0; }

// What a node of the cube brings to the row divided by its diagonal.
struct StencilEntry {
  Side side;
  Vec3<double> x;
  double weight;
};

// center, step: the cell's centre and h in the coordinates wanted.
NBM_HD StencilEntry stencil_entry(const IrregularCell& cell, Vec3<int> offset, Vec3<double> center, Vec3<double> step) {
  const int node = cube_index(offset.x, offset.y, offset.z);
  return {side_of(cell.phi[node]), node_position(center, step, offset), cell.row.weight[node] / cell.row.diagonal};
}
NBM_HD double stencil_rhs(const IrregularRow& row) { return row.rhs / row.diagonal; }

}  // namespace nbm
