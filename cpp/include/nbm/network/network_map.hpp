#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "nbm/core/types.hpp"

namespace nbm {

// Which network is at a point (docs/method.md, section 2): one for each side, or one for each connected piece of a
// side. Networks are numbered from 0 on, those of the minus side first. A small value; copies share the labels.
class NBM_EXPORT NetworkMap {
 public:
  // At each node of a grid over the box, z fastest, a piece of the side, numbered from 0 on within the side. At nodes
  // beyond the side it is the nearest piece, p written as -1 - p. Empty where the side has one network.
  using Labels = std::vector<std::int16_t>;

  // One network a side.
  NetworkMap() = default;
  // cells: of the grid along each axis. Throws InvalidArgument where sizes or numbers do not fit.
  NetworkMap(Vec3<index_t> cells, std::array<Labels, kSides> labels);

  index_t size() const { return count_[0] + count_[1]; }
  index_t count(Side side) const { return count_[static_cast<std::size_t>(index_of(side))]; }
  index_t first(Side side) const { return side == Side::minus ? 0 : count_[0]; }
  Side side_of(index_t network) const { return network < count_[0] ? Side::minus : Side::plus; }
  bool one_a_side() const { return size() == kSides; }
  // The network of a side at a point in network coordinates, or that of its piece nearest to the point: of the nodes
  // around the point the nearest one of the side, or where none is the nearest one.
  index_t at(Side side, Vec3<double> point) const;

  Vec3<index_t> cells() const { return cells_; }
  const Labels& labels(Side side) const {
    return labels_ ? (*labels_)[static_cast<std::size_t>(index_of(side))] : none();
  }

 private:
  static const Labels& none();

  Vec3<index_t> cells_{};
  std::array<index_t, kSides> count_ = {1, 1};
  std::shared_ptr<const std::array<Labels, kSides>> labels_;
};

}  // namespace nbm
