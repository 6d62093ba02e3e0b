#include "nbm/sampling/classify.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include "nbm/problem/problem.hpp"

namespace nbm {
namespace {

constexpr index_t kBlock = 512;  // cells whose coordinates and values stay in the cache together

// Coordinates along one axis that the positions of a cell take: x + (offset / 2) h for offset = -2 ... 2. All positions
// of a block are combinations of these arrays; none is copied.
struct AxisCoordinates {
  std::array<std::array<double, kBlock>, 5> at;

  void fill(const double* x, double h, index_t count) {
    for (int offset = -2; offset <= 2; ++offset) {
      auto& values = at[static_cast<std::size_t>(offset + 2)];
      for (index_t i = 0; i < count; ++i) values[static_cast<std::size_t>(i)] = x[i] + 0.5 * offset * h;
    }
  }
  const double* shifted(double cells) const { return at[static_cast<std::size_t>(2.0 * cells + 2.0)].data(); }
};

struct Block {
  std::array<AxisCoordinates, kDim> axis;
  std::array<double, kBlock> phi;
  std::array<std::int64_t, kBlock> minus;       // positions with a negative value
  std::array<std::int64_t, kBlock> not_finite;  // positions with a value that is no number

  PointsView positions(int position, index_t cells) const {
    // In units of the cell: where the position of a cell at the origin lies.
    const Vec3<double> at = classify_position({0.0, 0.0, 0.0}, {1.0, 1.0, 1.0}, position);
    return {axis[0].shifted(at.x), axis[1].shifted(at.y), axis[2].shifted(at.z), cells};
  }

  void count_minus(const Field& level_set, index_t cells, double smallest_h) {
    minus.fill(0);
    not_finite.fill(0);
    for (int position = 0; position < kClassifyPositions; ++position) {
      level_set.evaluate(positions(position, cells), values(cells));
      const double corner_h = position < kCellCorners ? smallest_h : 0.0;  // 0 leaves a value as it is
      for (index_t i = 0; i < cells; ++i) {
        minus[i] += corner_level_set(phi[i], corner_h) < 0.0;
        not_finite[i] += !(phi[i] - phi[i] == 0.0);
      }
    }
    // Looked for in passing, since it costs; the exact place is found once it matters.
    if (std::any_of(not_finite.begin(), not_finite.begin() + cells, [](std::int64_t n) { return n != 0; })) {
      for (int position = 0; position < kClassifyPositions; ++position) {
        evaluate_finite(level_set, "level_set", positions(position, cells), values(cells));
      }
    }
  }

 private:
  std::span<double> values(index_t cells) { return std::span(phi).first(static_cast<std::size_t>(cells)); }
};

}  // namespace

void classify(const Field& level_set, PointsView points, Vec3<double> h, std::span<std::uint8_t> kind) {
  const double smallest_h = std::min({h.x, h.y, h.z});
  const auto block = std::make_unique<Block>();
  for (index_t first = 0; first < points.size; first += kBlock) {
    const PointsView cells = points.slice(first, std::min(kBlock, points.size - first));
    block->axis[0].fill(cells.x, h.x, cells.size);
    block->axis[1].fill(cells.y, h.y, cells.size);
    block->axis[2].fill(cells.z, h.z, cells.size);
    block->count_minus(level_set, cells.size, smallest_h);
    for (index_t i = 0; i < cells.size; ++i) {
      const auto n = static_cast<std::size_t>(i);
      kind[static_cast<std::size_t>(first) + n] =
          static_cast<std::uint8_t>(kind_of_count(static_cast<int>(block->minus[n])));
    }
  }
}

}  // namespace nbm
