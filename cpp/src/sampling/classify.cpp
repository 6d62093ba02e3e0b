#include "nbm/sampling/classify.hpp"

#include <algorithm>
#include <vector>

#include "nbm/problem/problem.hpp"

namespace nbm {
namespace {

constexpr index_t kBlock = 128;  // cells whose 15 values stay in the cache together

void fill_positions(PointsView cells, Vec3<double> h, Points& positions) {
  for (index_t i = 0; i < cells.size; ++i) {
    for (int j = 0; j < kClassifyPositions; ++j) {
      positions.set(i * kClassifyPositions + j, classify_position(cells[i], h, j));
    }
  }
}

}  // namespace

void classify(const Field& level_set, PointsView points, Vec3<double> h, std::span<std::uint8_t> kind) {
  const double smallest_h = std::min({h.x, h.y, h.z});
  Points positions(kClassifyPositions * std::min(points.size, kBlock));
  std::vector<double> phi(positions.x.size());
  for (index_t first = 0; first < points.size; first += kBlock) {
    const PointsView cells = points.slice(first, std::min(kBlock, points.size - first));
    const index_t values = cells.size * kClassifyPositions;
    fill_positions(cells, h, positions);
    evaluate_finite(level_set, "level_set", positions.view().slice(0, values),
                    std::span(phi).first(static_cast<std::size_t>(values)));
    for (index_t i = 0; i < cells.size; ++i) {
      double* cell = phi.data() + i * kClassifyPositions;
      for (int j = 0; j < kCellCorners; ++j) cell[j] = corner_level_set(cell[j], smallest_h);
      kind[static_cast<std::size_t>(first + i)] = static_cast<std::uint8_t>(classify_cell(cell, cell + kCellCorners));
    }
  }
}

}  // namespace nbm
