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
  return cells_;
}

void IrregularBlock::assemble() {
  const auto queue = [this](Coefficient coefficient, Vec3<double> position, double& value) {
    batches_[static_cast<std::size_t>(coefficient)].push(position, value);
  };
  for (index_t i = 0; i < count_; ++i) {
    IrregularCell& cell = cells_[static_cast<std::size_t>(i)];
    irregular_geometry(cell.phi, cell.corner, h_, cell.geometry);
    if (center_ghosts_ && !cell.geometry.needs_ghost[0]) {
      cell.geometry.needs_ghost[0] = true;
      cell.geometry.ghost[0] = project_node(cell.phi + kCubeCenter, cell.corner, 0, h_);
    }
    visit_samples(cell.geometry, cell.x, h_, cell.samples, queue);
  }
  for (SampleBatch& batch : batches_) batch.evaluate();
  for (index_t i = 0; i < count_; ++i) {
    IrregularCell& cell = cells_[static_cast<std::size_t>(i)];
    irregular_row(cell.phi, cell.geometry, cell.samples, h_, cell.row, cell.present);
  }
}

}  // namespace nbm
