#pragma once
#include "nbm/rows/irregular_row.hpp"

// What a wall whose flux is given brings to the row of a cell beside it (docs/method.md, section 9): the flux through
// its pieces of either side, supply - transfer u, where the law mu dn u + transfer (u - ambient) = flux has
// supply = flux + transfer ambient.
namespace nbm {

struct WallSamples {  // at the centroids of the pieces; only what the row needs is set
  double transfer[kSides][kFaces], ambient[kSides][kFaces], flux[kSides][kFaces];
};

// visit(face, side, position) for every piece.
template <class Visit>
NBM_HD void visit_walls(const CutCell& cell, Vec3<double> x, Vec3<double> h, unsigned walls, Visit&& visit) {
  const Vec3<double> center = cell_center_at(x, h, walls);
  for (int face = 0; face < kFaces; ++face) {
    for (int side = 0; side < kSides; ++side) {
      if (!is_wall(walls, face) || cell.face_area[side][face] == 0.0) continue;
      visit(face, side, center + cell.face_centroid[side][face]);
    }
  }
}

NBM_HD void add_walls(const CutCell& cell, unsigned walls, const WallSamples& samples, StarCoefficients& star) {
  for (int face = 0; face < kFaces; ++face) {
    for (int side = 0; side < kSides; ++side) {
      const double area = cell.face_area[side][face];
      if (!is_wall(walls, face) || area == 0.0) continue;
      const double transfer = samples.transfer[side][face] * area;
      star.of[side][0] += transfer;
      star.diagonal += transfer;
      star.rhs += samples.flux[side][face] * area + transfer * samples.ambient[side][face];
    }
  }
}

}  // namespace nbm
