#include "irregular_block.hpp"

#include <algorithm>

namespace nbm {
namespace {

struct StencilNode {
  Vec3<int> offset;
  int cube;
};

constexpr std::array<StencilNode, kStencilNodes> stencil_nodes() {
  std::array<StencilNode, kStencilNodes> nodes{};
  std::size_t n = 0;
  for (int i = -kCubeReach; i <= kCubeReach; ++i) {
    for (int j = -kCubeReach; j <= kCubeReach; ++j) {
      for (int k = -kCubeReach; k <= kCubeReach; ++k) {
        if (in_stencil(i, j, k)) nodes[n++] = {{i, j, k}, cube_index(i, j, k)};
      }
    }
  }
  return nodes;
}

constexpr std::array<StencilNode, kStencilNodes> kNodes = stencil_nodes();
constexpr int kLevelSetPositions = kStencilNodes + kCellCorners;

// Most values of each coefficient in one cell, by Coefficient.
constexpr int kMostMu = kFaces + kStarNodes;
constexpr int kMostFluxJumps = kTetrahedra + kStarNodes;

}  // namespace

SampleBatch::SampleBatch(const Field& field, const char* name, bool positive, index_t most)
    : field_(field), name_(name), positive_(positive) {
  const auto n = static_cast<std::size_t>(most);
  for (auto* array : {&x_, &y_, &z_, &value_}) array->resize(n);
  target_.resize(n);
}

void SampleBatch::evaluate() {
  if (count_ == 0) return;
  const bool constant = field_.constant() != nullptr;
  const std::size_t distinct = constant ? 1 : count_;
  const PointsView points{x_.data(), y_.data(), z_.data(), static_cast<index_t>(distinct)};
  const std::span<double> values = std::span(value_).first(distinct);
  (positive_ ? evaluate_positive : evaluate_finite)(field_, name_, points, values);
  for (std::size_t i = 0; i < count_; ++i) *target_[i] = value_[constant ? 0 : i];
  count_ = 0;
}

IrregularBlock::IrregularBlock(const Problem& problem, Vec3<double> h)
    : problem_(problem),
      h_(h),
      cells_(static_cast<std::size_t>(kCapacity)),
      walls_(cells_.size()),
      wall_samples_(any_flux(problem.walls) ? cells_.size() : 0),
      stars_(cells_.size()),
      nodes_(kCapacity * kLevelSetPositions),
      phi_(static_cast<std::size_t>(kCapacity * kLevelSetPositions)) {
  const MediumNames &minus = names_of(Side::minus), &plus = names_of(Side::plus);
  batches_.reserve(kCoefficients);  // in the order of Coefficient
  batches_.emplace_back(problem.minus.k, minus.k, false, kCapacity);
  batches_.emplace_back(problem.plus.k, plus.k, false, kCapacity);
  batches_.emplace_back(problem.minus.mu, minus.mu, true, kCapacity * kMostMu);
  batches_.emplace_back(problem.plus.mu, plus.mu, true, kCapacity * kMostMu);
  batches_.emplace_back(problem.minus.f, minus.f, false, kCapacity);
  batches_.emplace_back(problem.plus.f, plus.f, false, kCapacity);
  batches_.emplace_back(problem.jump_u, "jump_u", false, kCapacity * kStarNodes);
  batches_.emplace_back(problem.jump_flux, "jump_flux", false, kCapacity * kMostFluxJumps);
}

void IrregularBlock::place(PointsView cells) {
  place_empty(cells.size);
  for (index_t i = 0; i < count_; ++i) {
    const Vec3<double> x = cells[i];
    const index_t first = i * kLevelSetPositions;
    for (index_t n = 0; n < kStencilNodes; ++n) {
      nodes_.set(first + n, node_position(x, h_, kNodes[static_cast<std::size_t>(n)].offset));
    }
    for (int corner = 0; corner < kCellCorners; ++corner) {
      nodes_.set(first + kStencilNodes + corner, classify_position(x, h_, corner));
    }
  }
  const index_t values = count_ * kLevelSetPositions;
  evaluate_finite(problem_.level_set, "level_set", nodes_.view().slice(0, values),
                  std::span(phi_).first(static_cast<std::size_t>(values)));
  const double smallest_h = std::min({h_.x, h_.y, h_.z});
  for (index_t i = 0; i < count_; ++i) {
    IrregularCell& cell = cells_[static_cast<std::size_t>(i)];
    const double* phi = phi_.data() + i * kLevelSetPositions;
    cell.x = cells[i];
    for (std::size_t n = 0; n < kNodes.size(); ++n) cell.phi[kNodes[n].cube] = phi[n];
    for (int corner = 0; corner < kCellCorners; ++corner) {
      cell.corner[corner] = corner_level_set(phi[kStencilNodes + corner], smallest_h);
    }
  }
}

std::vector<IrregularCell>& IrregularBlock::place_empty(index_t count) {
  count_ = count;
  std::fill(walls_.begin(), walls_.end(), 0u);
  return cells_;
}

void IrregularBlock::assemble() {
  const auto queue = [this](Coefficient coefficient, Vec3<double> position, double& value) {
    batches_[static_cast<std::size_t>(coefficient)].push(position, value);
  };
  for (std::size_t i = 0; i < static_cast<std::size_t>(count_); ++i) {
    find_geometry(cells_[i], walls_[i]);
    visit_samples(cells_[i].geometry, cells_[i].x, h_, cells_[i].samples, queue, walls_[i]);
  }
  for (SampleBatch& batch : batches_) batch.evaluate();
  evaluate_walls();
  for (std::size_t i = 0; i < static_cast<std::size_t>(count_); ++i) make_row(i);
}

void IrregularBlock::find_geometry(IrregularCell& cell, unsigned walls) const {
  irregular_cut(cell.phi, cell.corner, h_, cell.geometry, walls);
  cell.geometry.needs_ghost[0] = cell.geometry.needs_ghost[0] || center_ghosts_;
  double corner[kCellCorners];  // of a whole cell; none where the corner would lie outside of the box
  for (int c = 0; c < kCellCorners; ++c) {
    bool outside = false;
    for (int axis = 0; axis < kDim; ++axis) outside = outside || is_wall(walls, 2 * axis + (c >> (2 - axis) & 1));
    corner[c] = outside ? cell.phi[kCubeCenter] : cell.corner[c];
  }
  for (int node = 0; node < kStarNodes; ++node) irregular_ghost(cell.phi, corner, h_, node, cell.geometry);
}

// The laws of the walls, face by face.
void IrregularBlock::evaluate_walls() {
  struct Piece {
    std::size_t cell;
    Vec3<double> place;
  };
  std::vector<Piece> pieces[kFaces][kSides];
  for (std::size_t i = 0; i < static_cast<std::size_t>(count_); ++i) {
    visit_walls(cells_[i].geometry.cell, cells_[i].x, h_, walls_[i], [&](int face, int side, Vec3<double> place) {
      pieces[face][side].push_back({i, place});
    });
  }
  for (int face = 0; face < kFaces; ++face) {
    for (int side = 0; side < kSides; ++side) {
      Points points;
      for (const Piece& piece : pieces[face][side]) points.push_back(piece.place);
      if (points.size() == 0) continue;
      const WallValues values = evaluate_wall(problem_.walls, face, static_cast<Side>(side), points.view());
      for (std::size_t p = 0; p < pieces[face][side].size(); ++p) {
        WallSamples& samples = wall_samples_[pieces[face][side][p].cell];
        samples.transfer[side][face] = values.transfer[p];
        samples.ambient[side][face] = values.ambient[p];
        samples.flux[side][face] = values.flux[p];
      }
    }
  }
}

void IrregularBlock::make_row(std::size_t i) {
  IrregularCell& cell = cells_[i];
  StarCoefficients& star = stars_[i] = star_coefficients(cell.geometry, cell.samples, h_, walls_[i]);
  if (walls_[i] != 0) add_walls(cell.geometry.cell, walls_[i], wall_samples_[i], star);
  row_of_star(cell.phi, cell.geometry, cell.samples, star, h_, cell.row, cell.present);
}

}  // namespace nbm
