#include "nbm/network/expansion.hpp"

#include <algorithm>

#include "nbm/core/error.hpp"
#include "network/basis_view.hpp"

namespace nbm {
namespace {

constexpr index_t kGrain = 256;  // points in a task: each costs some hundred basis functions

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

void validate(const PieceBasis& basis) {
  bool fits = basis.mirrors.size() == basis.reach.size();
  for (std::size_t k = 0; k < kDim; ++k) {
    fits = fits && basis.wave[k].size() == basis.phase.size() && basis.at[k].size() == basis.reach.size() &&
           basis.mirrored[k].size() == basis.reach.size();
  }
  if (!fits) throw InvalidArgument("pieces", "the arrays of a basis differ in size");
  for (int k = 0; k < kDim; ++k) {
    if (!(basis.half[k] > 0.0)) throw InvalidArgument("pieces", "half of a piece's edge must be positive");
  }
  for (const std::uint8_t mirrors : basis.mirrors) {
    if (mirrors >= kImageMasks) throw InvalidArgument("pieces", "an image must be across walls of axes 0 to 2");
  }
}

void validate(const PieceLabels& labels, std::size_t pieces) {
  const std::size_t nodes = at((labels.cells.x + 1) * (labels.cells.y + 1) * (labels.cells.z + 1));
  const auto known = [&](std::int16_t piece) { return piece < 0 || static_cast<std::size_t>(piece) < pieces; };
  for (std::size_t s = 0; s < kSides; ++s) {
    const auto& label = labels.label[s];
    if (!label.empty() && label.size() != nodes) {
      throw InvalidArgument("labels",
                            "expected one a node, " + std::to_string(nodes) + ", got " + std::to_string(label.size()));
    }
    if (!known(labels.only[s]) || !std::all_of(label.begin(), label.end(), known)) {
      throw InvalidArgument("labels", "name a piece beyond the " + std::to_string(pieces) + " there are");
    }
  }
}

// Points of a task are taken piece by piece.
struct OfPiece {
  index_t piece, point;
  auto operator<=>(const OfPiece&) const = default;
};

}  // namespace

PreparedBasis::PreparedBasis(const PieceBasis& basis) : kernels_(expansion_kernels()) {
  for (index_t j = 0; j < basis.sources(); ++j) {
    if (j == 0 || basis.mirrors[at(j)] != groups_.back().mirrors) groups_.push_back({j, j, basis.mirrors[at(j)]});
    groups_.back().end = j + 1;
  }
  view_.sines = basis.sines();
  view_.sources = basis.sources();
  view_.groups = static_cast<index_t>(groups_.size());
  view_.group = groups_.data();
  view_.phase = basis.phase.data();
  view_.decay = basis.decay;
  view_.reach = basis.reach.data();
  for (int k = 0; k < kDim; ++k) {
    const auto axis = static_cast<std::size_t>(k);
    view_.center[k] = basis.center[k];
    view_.stretch[k] = 1.0 / basis.half[k];
    view_.wave[k] = basis.wave[axis].data();
    view_.at[k] = basis.at[axis].data();
    view_.mirrored[k] = basis.mirrored[axis].data();
  }
}

Expansion::Expansion(Vec3<double> lower, Vec3<double> upper, std::vector<PieceBasis> pieces, PieceLabels labels,
                     std::vector<double> coefficients)
    : lower_(lower),
      upper_(upper),
      pieces_(std::move(pieces)),
      labels_(std::move(labels)),
      coefficients_(std::move(coefficients)) {
  const Vec3<double> edge = upper - lower;
  unit_ = 0.5 * std::max({edge.x, edge.y, edge.z});
  if (!empty()) validate(labels_, pieces_.size());
  std::size_t total = 0;
  for (const PieceBasis& basis : pieces_) {
    validate(basis);
    offset_.push_back(total);
    total += at(basis.size());
  }
  if (coefficients_.size() != total) {
    throw InvalidArgument("coefficients", "expected " + std::to_string(total) + " numbers for these pieces, got " +
                                              std::to_string(coefficients_.size()));
  }
}

std::span<const double> Expansion::coefficients(index_t piece) const {
  return std::span(coefficients_).subspan(offset_[at(piece)], at(pieces_[at(piece)].size()));
}

ExpansionView Expansion::view(const PieceView* pieces) const {
  ExpansionView view{lower_, upper_, unit_, labels_.cells, {}, {labels_.only[0], labels_.only[1]}, pieces};
  for (std::size_t s = 0; s < kSides; ++s) view.label[s] = labels_.label[s].empty() ? nullptr : labels_.label[s].data();
  return view;
}

Vec3<double> Expansion::to_expansion(Vec3<double> point) const { return nbm::to_expansion(view(nullptr), point); }

index_t Expansion::piece_at(Side side, Vec3<double> point) const {
  return nbm::piece_at(view(nullptr), index_of(side), point);
}

template <class Use>
void Expansion::for_each_jet(Side side, PointsView points, int derivatives, ThreadPool& pool, Use&& use) const {
  if (empty()) return;
  const std::vector<PreparedBasis> prepared(pieces_.begin(), pieces_.end());
  const auto tasks = TaskPartition::of(points.size, kGrain, 4096);
  pool.run(tasks.tasks, [&](index_t task) {
    std::vector<OfPiece> order;
    for (index_t i = tasks.begin(task); i < tasks.end(task); ++i) {
      const index_t piece = piece_at(side, points[i]);
      if (piece >= 0) order.push_back({piece, i});
    }
    std::sort(order.begin(), order.end());
    Points x;
    std::vector<Jet<double>> jets;
    for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
      const index_t piece = order[first].piece;
      x.clear();
      for (; last < order.size() && order[last].piece == piece; ++last) {
        x.push_back(to_expansion(points[order[last].point]));
      }
      jets.resize(x.x.size());
      prepared[at(piece)].sum(coefficients(piece).data(), x.view(), derivatives, jets.data());
      for (std::size_t j = first; j < last; ++j) use(at(order[j].point), jets[j - first]);
    }
  });
}

void Expansion::add(Side side, PointsView points, std::span<double> values, ThreadPool& pool) const {
  for_each_jet(side, points, 0, pool, [&](std::size_t i, const Jet<double>& jet) { values[i] += jet.value; });
}

void Expansion::add_gradient(Side side, PointsView points, std::span<double> values,
                             const std::array<std::span<double>, kDim>& gradient, ThreadPool& pool) const {
  for_each_jet(side, points, 1, pool, [&](std::size_t i, const Jet<double>& jet) {
    values[i] += jet.value;
    for (std::size_t k = 0; k < kDim; ++k) gradient[k][i] += jet.gradient[k] / unit_;
  });
}

void Expansion::add_differences(Side side, PointsView points, Vec3<double> step, std::span<double> values,
                                const std::array<std::span<double>, kDim>& first,
                                const std::array<std::span<double>, kDim>& second, ThreadPool& pool) const {
  for_each_jet(side, points, 2, pool, [&](std::size_t i, const Jet<double>& jet) {
    values[i] += jet.value;
    for (std::size_t k = 0; k < kDim; ++k) {
      const double h = step[static_cast<int>(k)] / unit_;
      first[k][i] += h * jet.gradient[k];
      second[k][i] += h * h * jet.second[k];
    }
  });
}

}  // namespace nbm
