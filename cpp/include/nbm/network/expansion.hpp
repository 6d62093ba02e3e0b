#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "nbm/core/points.hpp"
#include "nbm/core/thread_pool.hpp"
#include "nbm/network/expansion_view.hpp"

namespace nbm {

// The basis of one piece, in the order of its coefficients: monomials, sines, sources (docs/method.md, section 14).
// Coordinates are those of Expansion.
struct NBM_EXPORT PieceBasis {
  Side side = Side::plus;
  Vec3<double> center, half;  // of the local coordinates of the monomials: (x - center) / half
  std::array<std::vector<double>, kDim> wave;
  std::vector<double> phase;
  double decay = 0.0;  // of the sources: root of k / mu
  std::array<std::vector<double>, kDim> at;
  std::vector<double> reach;
  // Bit k: a source has an image across the wall next to it on axis k, and where several bits are set also across their
  // edges and corner; of the other sign, but where bit kDim + k is set. Sources of equal masks lie side by side.
  // `mirrored` is the image's place.
  std::vector<std::uint8_t> mirrors;
  std::array<std::vector<double>, kDim> mirrored;

  index_t sines() const { return static_cast<index_t>(phase.size()); }
  index_t sources() const { return static_cast<index_t>(reach.size()); }
  index_t size() const { return kMonomials + sines() + sources(); }
};

// Where the pieces lie: a label at each node of a grid over the box for each side, so that a point asks the nearest
// node.
struct NBM_EXPORT PieceLabels {
  Vec3<index_t> cells;
  // [side][cells.x + 1][cells.y + 1][cells.z + 1]: the piece of that side at the node or, beyond it, the nearest one.
  // Empty where a side has one piece at most: it is then `only`.
  std::array<std::vector<std::int16_t>, kSides> label;
  std::array<std::int16_t, kSides> only = {-1, -1};
};

// A function with a jump across the interface: on each connected piece of a side a linear combination of basis
// functions that are smooth there. A value; const methods may be called from many threads (each with a pool of its
// own).
class NBM_EXPORT Expansion {
 public:
  // Nothing: adds 0 everywhere.
  Expansion() = default;
  // Box coordinates are mapped by (x - center) / unit. coefficients: basis(0).size() of piece 0, then those of piece 1
  // ... lower, upper: the box, over which the labels lie. Throws InvalidArgument where sizes do not fit or labels
  // name pieces that there are not (with no pieces they only tell them apart).
  Expansion(Vec3<double> lower, Vec3<double> upper, std::vector<PieceBasis> pieces, PieceLabels labels,
            std::vector<double> coefficients);

  bool empty() const { return pieces_.empty(); }
  const std::vector<PieceBasis>& pieces() const { return pieces_; }
  const PieceLabels& labels() const { return labels_; }
  const std::vector<double>& coefficients() const { return coefficients_; }
  std::span<const double> coefficients(index_t piece) const;

  // The piece of `side` that is at a point or nearest to it; -1: the side has none.
  index_t piece_at(Side side, Vec3<double> point) const;
  Vec3<double> to_expansion(Vec3<double> point) const;
  double unit() const { return unit_; }
  // Of the box and the labels, with pieces of the caller's. Valid while the expansion is.
  ExpansionView view(const PieceView* pieces) const;

  // Adds one side's function at points in box coordinates.
  void add(Side side, PointsView points, std::span<double> values, ThreadPool& pool) const;
  // The same and its gradient by box coordinates.
  void add_gradient(Side side, PointsView points, std::span<double> values,
                    const std::array<std::span<double>, kDim>& gradient, ThreadPool& pool) const;

  // The same, with first and second derivatives times `step` and its square instead: differences over a step that is
  // too small to tell them from derivatives. Box coordinates.
  void add_differences(Side side, PointsView points, Vec3<double> step, std::span<double> values,
                       const std::array<std::span<double>, kDim>& first,
                       const std::array<std::span<double>, kDim>& second, ThreadPool& pool) const;

 private:
  // use(i, jet in the coordinates of the expansion) for every point that has a piece.
  template <class Use>
  void for_each_jet(Side side, PointsView points, int derivatives, ThreadPool& pool, Use&& use) const;

  Vec3<double> lower_, upper_;
  double unit_ = 1.0;
  std::vector<PieceBasis> pieces_;
  std::vector<std::size_t> offset_;  // of the coefficients of each piece
  PieceLabels labels_;
  std::vector<double> coefficients_;
};

}  // namespace nbm
