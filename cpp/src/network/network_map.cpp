#include "nbm/network/network_map.hpp"

#include <algorithm>

#include "nbm/core/error.hpp"

namespace nbm {
namespace {

index_t piece_of(std::int16_t label) { return label < 0 ? -1 - label : label; }

// Throws unless the pieces are numbered without gaps.
index_t count_pieces(const NetworkMap::Labels& labels, index_t nodes) {
  if (labels.empty()) return 1;
  if (static_cast<index_t>(labels.size()) != nodes) {
    throw InvalidArgument("labels",
                          "expected one a node, " + std::to_string(nodes) + ", got " + std::to_string(labels.size()));
  }
  std::vector<bool> seen;
  for (const std::int16_t label : labels) {
    const auto piece = static_cast<std::size_t>(piece_of(label));
    if (piece >= seen.size()) seen.resize(piece + 1);
    seen[piece] = true;
  }
  if (std::find(seen.begin(), seen.end(), false) != seen.end()) {
    throw InvalidArgument("labels", "leave out a piece below the largest number, " + std::to_string(seen.size() - 1));
  }
  return static_cast<index_t>(seen.size());
}

}  // namespace

NetworkMap::NetworkMap(Vec3<index_t> cells, std::array<Labels, kSides> labels) : cells_(cells) {
  if (cells.x < 1 || cells.y < 1 || cells.z < 1) throw InvalidArgument("cells", "expected at least 1 along each axis");
  const index_t nodes = (cells.x + 1) * (cells.y + 1) * (cells.z + 1);
  for (std::size_t s = 0; s < kSides; ++s) count_[s] = count_pieces(labels[s], nodes);
  labels_ = std::make_shared<const std::array<Labels, kSides>>(std::move(labels));
}

const NetworkMap::Labels& NetworkMap::none() {
  static const Labels empty;
  return empty;
}

index_t NetworkMap::at(Side side, Vec3<double> point) const {
  const Labels& label = labels(side);
  if (label.empty()) return first(side);
  Vec3<index_t> cell;
  Vec3<double> in_cell;
  for (int k = 0; k < kDim; ++k) {
    const auto last = static_cast<double>(cells_[k]);
    const double place = 0.5 * (point[k] + 1.0) * last;
    const double inside = place > 0.0 ? std::min(place, last) : 0.0;  // NaN is at the first node
    cell[k] = std::min(static_cast<index_t>(inside), cells_[k] - 1);
    in_cell[k] = inside - static_cast<double>(cell[k]);
  }
  std::int16_t best = 0;
  double least = 0.0;
  for (int corner = 0; corner < 8; ++corner) {
    const index_t at[kDim] = {corner >> 2 & 1, corner >> 1 & 1, corner & 1};
    index_t node = 0;
    double square = 0.0;
    for (int k = 0; k < kDim; ++k) {
      node = node * (cells_[k] + 1) + cell[k] + at[k];
      const double way = in_cell[k] - static_cast<double>(at[k]);
      square += way * way;
    }
    const std::int16_t here = label[static_cast<std::size_t>(node)];
    const bool better = (here >= 0) == (best >= 0) ? square < least : here >= 0;
    if (corner > 0 && !better) continue;
    best = here;
    least = square;
  }
  return first(side) + piece_of(best);
}

}  // namespace nbm
