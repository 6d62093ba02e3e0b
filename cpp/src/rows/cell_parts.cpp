#include "nbm/rows/cell_parts.hpp"

#include <algorithm>
#include <limits>

#include "irregular_block.hpp"

namespace nbm {
namespace {

template <class Range>
void append(std::vector<double>& to, const Range& values) {
  to.insert(to.end(), std::begin(values), std::end(values));
}

void append(std::vector<double>& to, Vec3<double> v) { append(to, std::array{v.x, v.y, v.z}); }

void append_geometry(CellParts& parts, const IrregularCell& cell) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const CutCell& cut = cell.geometry.cell;
  append(parts.corner_level_set, cell.corner);
  for (std::size_t side = 0; side < kSides; ++side) {
    parts.volume[side].push_back(cut.volume[side]);
    append(parts.face_area[side], cut.face_area[side]);
    for (int face = 0; face < kFaces; ++face) {
      const bool empty = cut.face_area[side][face] == 0.0;
      append(parts.face_centroid[side], empty ? Vec3<double>{nan, nan, nan} : cell.x + cut.face_centroid[side][face]);
    }
  }
  double area = 0.0;
  Vec3<double> vector;
  for (int p = 0; p < cut.patches; ++p) {
    area += cut.patch[p].area;
    vector = vector + cut.patch[p].area_vector;
  }
  parts.interface_area.push_back(area);
  append(parts.interface_vector, vector);
}

void append_row(CellParts& parts, const IrregularCell& cell, Vec3<double> h) {
  parts.flux_jump_integral.push_back(flux_jump_integral(cell.geometry.cell, cell.samples));
  parts.center_side.push_back(static_cast<std::uint8_t>(index_of(side_of(cell.phi[kCubeCenter]))));
  const GhostValue ghost =
      ghost_value(minus_neighbors(cell.phi + kCubeCenter), cell.geometry.ghost[0], cell.samples.jump[0], h);
  append(parts.center_ghost_weights, ghost.weight);
  parts.center_ghost_constant.push_back(ghost.constant);
  append(parts.weights, cell.row.weight);
  parts.rhs.push_back(cell.row.rhs);
  parts.diagonal.push_back(cell.row.diagonal);
}

}  // namespace

CellParts cell_parts(const Problem& problem, PointsView points, Vec3<double> h) {
  CellParts parts;
  IrregularBlock block(problem, h);
  block.require_center_ghosts();
  for (index_t first = 0; first < points.size; first += IrregularBlock::kCapacity) {
    block.place(points.slice(first, std::min(IrregularBlock::kCapacity, points.size - first)));
    block.assemble();
    for (index_t i = 0; i < block.size(); ++i) {
      append_geometry(parts, block[i]);
      append_row(parts, block[i], h);
    }
  }
  return parts;
}

}  // namespace nbm
