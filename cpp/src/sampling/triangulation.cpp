#include "triangulation.hpp"

#include <algorithm>
#include <cmath>

#include "interface_triangles.hpp"
#include "nbm/problem/problem.hpp"

namespace nbm {
namespace {

using Triangle = std::array<Vec3<double>, 3>;
constexpr int kFewestCells = 4;     // along the short edges of a long box
constexpr index_t kCellBatch = 64;  // search cells whose refined nodes are evaluated together

// count[0] x count[1] x count[2] positions, the last axis running fastest.
struct Lattice {
  Vec3<double> origin, spacing;
  std::array<index_t, kDim> count;

  index_t index(index_t i, index_t j, index_t k) const { return (i * count[1] + j) * count[2] + k; }
  Vec3<double> position(index_t i, index_t j, index_t k) const {
    return origin + Vec3<double>{static_cast<double>(i) * spacing.x, static_cast<double>(j) * spacing.y,
                                 static_cast<double>(k) * spacing.z};
  }
};

std::vector<double> lattice_values(const Field& level_set, const Lattice& lattice, ThreadPool& pool) {
  const index_t plane = lattice.count[1] * lattice.count[2];
  std::vector<double> values(static_cast<std::size_t>(lattice.count[0] * plane));
  pool.run(lattice.count[0], [&](index_t i) {
    Points points(plane);
    for (index_t j = 0; j < lattice.count[1]; ++j) {
      for (index_t k = 0; k < lattice.count[2]; ++k) points.set(j * lattice.count[2] + k, lattice.position(i, j, k));
    }
    evaluate_finite(level_set, "level_set", points.view(),
                    std::span(values).subspan(static_cast<std::size_t>(i * plane), static_cast<std::size_t>(plane)));
  });
  return values;
}

// The search grid with the level set at its nodes and cell centres.
struct SearchGrid {
  Lattice nodes, centers;
  std::vector<double> at_nodes, at_centers;

  SearchGrid(const Box& box, const Field& level_set, int cells, ThreadPool& pool) {
    const Vec3<double> edge = box.edge();
    const double longest = std::max({edge.x, edge.y, edge.z});
    nodes.origin = box.lower;
    for (int axis = 0; axis < kDim; ++axis) {
      const auto n = std::max<index_t>(std::min(kFewestCells, cells),
                                       static_cast<index_t>(std::ceil(cells * edge[axis] / longest)));
      nodes.count[static_cast<std::size_t>(axis)] = n + 1;
      centers.count[static_cast<std::size_t>(axis)] = n;
      nodes.spacing[axis] = centers.spacing[axis] = edge[axis] / static_cast<double>(n);
    }
    centers.origin = box.lower + 0.5 * nodes.spacing;
    at_nodes = lattice_values(level_set, nodes, pool);
    at_centers = lattice_values(level_set, centers, pool);
  }

  // Whether the interface may pass through a cell (see InterfaceSampler).
  bool concerns(index_t i, index_t j, index_t k) const {
    double corner[8];
    for (int c = 0; c < 8; ++c) {
      corner[c] = at_nodes[static_cast<std::size_t>(nodes.index(i + (c >> 2 & 1), j + (c >> 1 & 1), k + (c & 1)))];
    }
    const double center = at_centers[static_cast<std::size_t>(centers.index(i, j, k))];
    const Vec3<double>& h = nodes.spacing;
    const double half_diagonal = 0.5 * std::sqrt(dot(h, h));
    double smallest = std::abs(center), slope = 0.0;
    bool differ = false;
    for (int c = 0; c < 8; ++c) {
      differ = differ || (corner[c] < 0.0) != (center < 0.0);
      smallest = std::min(smallest, std::abs(corner[c]));
      slope = std::max(slope, std::abs(corner[c] - center) / half_diagonal);
      for (int axis = 0; axis < kDim; ++axis) {
        slope = std::max(slope, std::abs(corner[c] - corner[c ^ (4 >> axis)]) / h[axis]);
      }
    }
    return differ || smallest <= slope * half_diagonal;
  }
};

// Triangles of search cells given by their lower corners.
void triangulate_cells(const Field& level_set, std::span<const Vec3<double>> lower, Vec3<double> size, int refinement,
                       std::vector<Triangle>& triangles) {
  const double fraction = 1.0 / refinement;
  const index_t side = refinement + 1, per_cell = side * side * side;
  const Lattice fine{{}, fraction * size, {side, side, side}};
  Points points(per_cell * static_cast<index_t>(lower.size()));
  index_t at = 0;
  for (const Vec3<double>& corner : lower) {
    for (index_t i = 0; i < side; ++i) {
      for (index_t j = 0; j < side; ++j) {
        for (index_t k = 0; k < side; ++k) points.set(at++, corner + fine.position(i, j, k));
      }
    }
  }
  std::vector<double> phi(points.x.size());
  evaluate_finite(level_set, "level_set", points.view(), phi);

  const auto emit = [&](Vec3<double> p, Vec3<double> q, Vec3<double> r) { triangles.push_back({p, q, r}); };
  for (std::size_t cell = 0; cell < lower.size(); ++cell) {
    const index_t first = static_cast<index_t>(cell) * per_cell;
    for (index_t i = 0; i < refinement; ++i) {
      for (index_t j = 0; j < refinement; ++j) {
        for (index_t k = 0; k < refinement; ++k) {
          double corner[8];
          for (int c = 0; c < 8; ++c) {
            const index_t node = first + fine.index(i + (c >> 2 & 1), j + (c >> 1 & 1), k + (c & 1));
            corner[c] = phi[static_cast<std::size_t>(node)];
          }
          cell_triangles(points[first + fine.index(i, j, k)], fine.spacing, corner, emit);
        }
      }
    }
  }
}

}  // namespace

std::vector<Triangle> triangulate_interface(const Box& box, const Field& level_set, InterfaceOptions options,
                                            ThreadPool& pool) {
  if (level_set.constant() != nullptr) return {};
  const SearchGrid grid(box, level_set, options.cells, pool);
  std::vector<std::vector<Triangle>> slabs(static_cast<std::size_t>(grid.centers.count[0]));
  pool.run(grid.centers.count[0], [&](index_t i) {
    std::vector<Vec3<double>> cells;
    auto& triangles = slabs[static_cast<std::size_t>(i)];
    const auto flush = [&] {
      triangulate_cells(level_set, cells, grid.nodes.spacing, options.refinement, triangles);
      cells.clear();
    };
    for (index_t j = 0; j < grid.centers.count[1]; ++j) {
      for (index_t k = 0; k < grid.centers.count[2]; ++k) {
        if (!grid.concerns(i, j, k)) continue;
        cells.push_back(grid.nodes.position(i, j, k));
        if (static_cast<index_t>(cells.size()) == kCellBatch) flush();
      }
    }
    if (!cells.empty()) flush();
  });
  std::vector<Triangle> all;
  for (const auto& slab : slabs) all.insert(all.end(), slab.begin(), slab.end());
  return all;
}

}  // namespace nbm
