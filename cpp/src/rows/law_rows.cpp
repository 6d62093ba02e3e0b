#include "law_rows.hpp"

#include <cmath>

namespace nbm {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

}  // namespace

void LawRow::add(const CubeForm& form, Vec3<int> center, double factor) {
  for (int i = -kCubeReach; i <= kCubeReach; ++i) {
    for (int j = -kCubeReach; j <= kCubeReach; ++j) {
      for (int k = -kCubeReach; k <= kCubeReach; ++k) {
        const double of_form = form.weight[static_cast<std::size_t>(cube_index(i, j, k))];
        if (of_form != 0.0) weight[index({center.x + i, center.y + j, center.z + k})] += factor * of_form;
      }
    }
  }
  rhs -= factor * form.constant;
}

SidesAround sides_around(const LatticeNode& at) {
  SidesAround sides;
  for (int i = -kCubeReach; i <= kCubeReach; ++i) {
    for (int j = -kCubeReach; j <= kCubeReach; ++j) {
      for (int k = -kCubeReach; k <= kCubeReach; ++k) {
        const Vec3<index_t> n = at.node + Vec3<index_t>{i, j, k};
        sides[static_cast<std::size_t>(cube_index(i, j, k))] =
            at.level_set.inside(n) ? static_cast<std::int8_t>(index_of(side_of(at.level_set[n]))) : kAbsent;
      }
    }
  }
  return sides;
}

void LawRows::sample(const IrregularBlock& block) {
  samples_.assign(static_cast<std::size_t>(block.size()), {});
  Points points;
  std::vector<double*> resistances, reactions;  // where the values at the points go; no resistance: null
  for (index_t c = 0; c < block.size(); ++c) {
    const IrregularCell& cell = block[c];
    Samples& of_cell = samples_[static_cast<std::size_t>(c)];
    for (int node = 0; node < kStarNodes; ++node) {
      if (!cell.geometry.needs_ghost[node]) continue;
      points.push_back(node_position(cell.x, h_, star_offset(node)) + cell.geometry.ghost[node].foot);
      resistances.push_back(&of_cell.resistance[node]);
      reactions.push_back(&of_cell.reaction[node]);
    }
    const Vec3<double> center = cell_center_at(cell.x, h_, block.walls(c));
    for (int p = 0; p < cell.geometry.cell.patches; ++p) {
      points.push_back(center + cell.geometry.cell.patch[p].centroid);
      resistances.push_back(nullptr);
      reactions.push_back(&of_cell.patch_reaction[p]);
    }
  }
  std::vector<double> resistance(points.x.size()), reaction(points.x.size());
  evaluate_resistance(problem_.resistance, points.view(), resistance);
  evaluate_finite(problem_.surface_reaction, "surface_reaction", points.view(), reaction);
  for (std::size_t i = 0; i < reaction.size(); ++i) {
    if (resistances[i] != nullptr) *resistances[i] = resistance[i];
    *reactions[i] = reaction[i];
  }
}

void LawRows::row(const IrregularBlock& block, index_t c, const LatticeNode& node, LawRow& out) const {
  const IrregularCell& cell = block[c];
  StarCoefficients star = block.star(c);
  out.weight.fill(0.0);
  out.rhs = star.rhs;
  out.diagonal = star.diagonal;
  Ghosts ghosts;
  for (int s = 0; s < kStarNodes; ++s) {
    if (cell.geometry.needs_ghost[s])
      ghosts[static_cast<std::size_t>(s)].emplace(ghost(cell, samples_[at(c)], node, s));
  }
  add_fluxes(cell, block.walls(c), ghosts, star, out);
  for (int s = 0; s < kStarNodes; ++s) {
    const int own = index_of(side_of(cell.phi[cube_index_of_star(s)]));
    out.weight[LawRow::index(star_offset(s))] += star.of[own][s];
    const auto& beyond = ghosts[static_cast<std::size_t>(s)];
    if (beyond) out.add(beyond->at_node(), star_offset(s), star.of[1 - own][s]);
  }
  const CutCell& cut = cell.geometry.cell;
  if (cut.patches == 0 || !ghosts[0]) return;  // no ghost: patches that cut off less than round-off
  const Vec3<double> center = cell_center_at(cell.x, h_, block.walls(c)) - cell.x;
  add_tilt(cell, center, *ghosts[0], out);
  for (int p = 0; p < cut.patches; ++p) {
    const double reaction = samples_[at(c)].patch_reaction[p] * cut.patch[p].area;
    if (reaction == 0.0) continue;
    const Vec3<double> place = center + cut.patch[p].centroid;
    out.add(ghosts[0]->own().value(place), {0, 0, 0}, 0.5 * reaction);
    out.add(ghosts[0]->value(place), {0, 0, 0}, 0.5 * reaction);
    out.diagonal += std::abs(reaction);
  }
}

LawGhost LawRows::ghost(const IrregularCell& cell, const Samples& samples, LatticeNode node, int star_node) const {
  const Vec3<int> o = star_offset(star_node);
  const JumpSample& sample = cell.samples.jump[star_node];
  const JumpCondition<double> jump = {{sample.mu[0], sample.mu[1]},
                                      sample.jump_u,
                                      sample.jump_flux,
                                      samples.resistance[star_node],
                                      samples.reaction[star_node]};
  node.node = node.node + Vec3<index_t>{o.x, o.y, o.z};
  return {sides_around(node), cell.geometry.ghost[star_node], jump, cell.phi + cube_index_of_star(star_node), h_,
          least_separation_};
}

// The patches' flux jumps are along the normals of the level set, and what the pieces of the cell have through them
// along their own: by the vector between the areas of the two, of the gradients of both sides.
void LawRows::add_tilt(const IrregularCell& cell, Vec3<double> center, const LawGhost& ghost, LawRow& out) const {
  if (ghost.separation() == 0.0) return;
  const CutCell& cut = cell.geometry.cell;
  Vec3<double> tilt{}, middle{};
  double area = 0.0;
  for (int face = 0; face < kFaces; ++face) tilt[face_axis(face)] -= face_sign(face) * cut.face_area[0][face];
  for (int p = 0; p < cut.patches; ++p) {
    const Vec3<double> place = center + cut.patch[p].centroid;
    tilt = tilt - cut.patch[p].area * normal_at(cell.phi + kCubeCenter, place, h_);
    middle = middle + cut.patch[p].area * place;
    area += cut.patch[p].area;
  }
  if (area == 0.0) return;
  middle = (1.0 / area) * middle;
  const int own = index_of(side_of(cell.phi[kCubeCenter]));
  const double to_other = own == index_of(Side::minus) ? 1.0 : -1.0, factor = to_other * ghost.separation();
  const double* mu = cell.samples.jump[0].mu;
  out.add(ghost.slope(middle, tilt), {0, 0, 0}, factor * mu[1 - own]);
  out.add(ghost.own().slope(middle, tilt), {0, 0, 0}, -factor * mu[own]);
}

// Fluxes through parts of faces of which a node is on the other side: with a resistance, errors of theirs do not
// cancel between the rows of both nodes, since what a source does to u differs from side to side. They are those of the
// quadratic through the ghost value then, at the centroid, and the same for both cells.
void LawRows::add_fluxes(const IrregularCell& cell, unsigned walls, const Ghosts& ghosts, StarCoefficients& star,
                         LawRow& out) const {
  const CutCell& cut = cell.geometry.cell;
  const Vec3<double> center = cell_center_at(cell.x, h_, walls) - cell.x;
  for (int face = 0; face < kFaces; ++face) {
    const int node = star_node_of_face(face), axis = face_axis(face);
    for (int side = 0; side < kSides; ++side) {
      const double area = cut.face_area[side][face];
      if (area == 0.0 || is_wall(walls, face)) continue;
      std::array<int, 2> beyond{};
      std::size_t count = 0;
      for (const int s : {0, node}) {
        if (index_of(side_of(cell.phi[cube_index_of_star(s)])) != side) beyond[count++] = s;
      }
      const double conductance = cell.samples.mu[side][face] * area;
      for (std::size_t b = 0; b < count; ++b) {
        const LawGhost& ghost = *ghosts[static_cast<std::size_t>(beyond[b])];
        const double moved = conductance * ghost.separation() / static_cast<double>(count);
        if (moved == 0.0) continue;
        star.of[side][0] -= moved / h_[axis];
        star.of[side][node] += moved / h_[axis];
        const Vec3<int> offset = star_offset(beyond[b]);
        const Vec3<double> place = center + cut.face_centroid[side][face] - node_position(Vec3<double>{}, h_, offset);
        Vec3<double> outward{};
        outward[axis] = face_sign(face);
        out.add(ghost.slope(place, outward), offset, -moved);
      }
    }
  }
}

}  // namespace nbm
