#include "interface_search.hpp"

#include <algorithm>
#include <cmath>

#include "nbm/problem/problem.hpp"
#include "sample_tasks.hpp"

namespace nbm {
namespace {

using At = std::array<std::int64_t, kDim>;

constexpr int kFewestCells = 4;                   // along the short edges of a long box
constexpr index_t kParentBatch = 64;              // cells whose children are evaluated together
constexpr int kLevelsForBends = 4;                // halvings of a bent cell beyond those of all
constexpr int kLevelsBeyondSight = 2;             // and below the level on which its interface is seen, if that is more
constexpr index_t kMostCells = index_t{1} << 18;  // of a level, for the sake of bends and of small pieces

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// A cell on its way down, and what is known of its ancestors.
struct Candidate {
  SearchCell cell;
  std::int64_t base;   // the cell of level 0 that it lies in
  std::uint64_t path;  // children on the way from there, 3 bits each
  int seen = -1;       // the first level on which the interface was seen; negative: not yet
  CellLook look;
};

struct Candidates {
  std::vector<Candidate> list;
  void append(const Candidates& other) { list.insert(list.end(), other.list.begin(), other.list.end()); }
};

void look(Candidate& c, const SearchGrid& grid) {
  c.look = look_at_cell(c.cell.corner, c.cell.center, grid.edges(c.cell.level));
  if (c.seen < 0 && c.look.differ) c.seen = c.cell.level;
}

// Corners, or centres, of the cells of level 0 at place i along the first axis.
Points points_of_slab(const SearchGrid& grid, std::int64_t i, bool centers) {
  const std::int64_t more = centers ? 0 : 1;
  const auto place = [&](std::int64_t n) { return centers ? 2 * n + 1 : n; };
  Points points;
  points.reserve((grid.cells[1] + more) * (grid.cells[2] + more));
  for (std::int64_t j = 0; j < grid.cells[1] + more; ++j) {
    for (std::int64_t k = 0; k < grid.cells[2] + more; ++k) {
      points.push_back(grid.position(centers ? 1 : 0, {place(i), place(j), place(k)}));
    }
  }
  return points;
}

// The level set, to be looked at. Values below `rounding` are 0: an interface through nodes, of symmetric shapes, must
// not depend on the round-off of their coordinates.
struct LookedAt {
  const Field& level_set;
  double rounding = 0.0;

  std::vector<double> at(const Points& points) const {
    std::vector<double> values(points.x.size());
    evaluate_finite(level_set, "level_set", points.view(), values);
    for (double& value : values) value = std::abs(value) < rounding ? 0.0 : value;
    return values;
  }
};

double round_off(const std::vector<double>& values) {
  constexpr double kRounding = 1e-12;  // of the mean size: of a length of the box, for a distance
  double sum = 0.0;
  for (const double value : values) sum += std::abs(value);
  return kRounding * sum / static_cast<double>(values.size());
}

std::vector<double> node_values(const SearchGrid& grid, const LookedAt& phi, ThreadPool& pool) {
  const std::int64_t slab = (grid.cells[1] + 1) * (grid.cells[2] + 1);
  std::vector<double> nodes(at((grid.cells[0] + 1) * slab));
  pool.run(grid.cells[0] + 1, [&](index_t i) {
    const std::vector<double> values = phi.at(points_of_slab(grid, i, false));
    std::copy(values.begin(), values.end(), nodes.begin() + i * slab);
  });
  return nodes;
}

// The cells of level 0 that the interface may pass.
std::vector<Candidate> coarse_cells(const SearchGrid& grid, const LookedAt& phi, const std::vector<double>& nodes,
                                    ThreadPool& pool) {
  const auto make = [&](IndexRange slabs) {
    Candidates found;
    for (index_t i = slabs.begin; i < slabs.end; ++i) {
      const std::vector<double> centers = phi.at(points_of_slab(grid, i, true));
      for (std::int64_t j = 0; j < grid.cells[1]; ++j) {
        for (std::int64_t k = 0; k < grid.cells[2]; ++k) {
          Candidate c{};
          c.seen = -1;
          c.cell.at = {i, j, k};
          c.base = grid.index(c.cell.at);
          for (int n = 0; n < 8; ++n) {
            const std::int64_t row = (i + (n >> 2 & 1)) * (grid.cells[1] + 1) + j + (n >> 1 & 1);
            c.cell.corner[n] = nodes[at(row * (grid.cells[2] + 1) + k + (n & 1))];
          }
          c.cell.center = centers[at(j * grid.cells[2] + k)];
          look(c, grid);
          if (c.look.differ || c.look.open) found.list.push_back(c);
        }
      }
    }
    return found;
  };
  return run_parts<Candidates>({0, grid.cells[0]}, 1, pool, make).list;
}

// Where the level set is evaluated for the children of a cell: at their 27 corners, then at their 8 centres.
constexpr int kCornersOfChildren = 27, kPerParent = kCornersOfChildren + 8;

void push_positions(const SearchGrid& grid, const SearchCell& parent, Points& points) {
  const At& of = parent.at;
  for (int n = 0; n < kCornersOfChildren; ++n) {
    points.push_back(grid.position(parent.level + 1, {2 * of[0] + n / 9, 2 * of[1] + n / 3 % 3, 2 * of[2] + n % 3}));
  }
  for (int c = 0; c < 8; ++c) {
    const int i = c >> 2 & 1, j = c >> 1 & 1, k = c & 1;
    points.push_back(
        grid.position(parent.level + 2, {4 * of[0] + 2 * i + 1, 4 * of[1] + 2 * j + 1, 4 * of[2] + 2 * k + 1}));
  }
}

Candidate child_of(const Candidate& parent, int child, const double* values, const SearchGrid& grid) {
  const int i = child >> 2 & 1, j = child >> 1 & 1, k = child & 1;
  Candidate c = parent;
  ++c.cell.level;
  c.cell.at = {2 * c.cell.at[0] + i, 2 * c.cell.at[1] + j, 2 * c.cell.at[2] + k};
  c.path = c.path << 3 | static_cast<std::uint64_t>(child);
  for (int n = 0; n < 8; ++n) c.cell.corner[n] = values[9 * (i + (n >> 2 & 1)) + 3 * (j + (n >> 1 & 1)) + k + (n & 1)];
  c.cell.center = values[kCornersOfChildren + child];
  look(c, grid);
  return c;
}

// The children that the interface may pass.
std::vector<Candidate> children_of(const std::vector<Candidate>& parents, const SearchGrid& grid, const LookedAt& phi,
                                   ThreadPool& pool) {
  const auto make = [&](IndexRange range) {
    Candidates found;
    for (index_t first = range.begin; first < range.end; first += kParentBatch) {
      const index_t last = std::min(first + kParentBatch, range.end);
      Points points;
      points.reserve((last - first) * kPerParent);
      for (index_t p = first; p < last; ++p) push_positions(grid, parents[at(p)].cell, points);
      const std::vector<double> values = phi.at(points);
      for (index_t p = first; p < last; ++p) {
        for (int child = 0; child < 8; ++child) {
          const Candidate c = child_of(parents[at(p)], child, values.data() + (p - first) * kPerParent, grid);
          if (c.look.differ || c.look.open) found.list.push_back(c);
        }
      }
    }
    return found;
  };
  return run_parts<Candidates>({0, static_cast<index_t>(parents.size())}, kParentBatch, pool, make).list;
}

// Cells of level 0 next to which the interface has been seen, themselves included.
class Sightings {
 public:
  explicit Sightings(const SearchGrid& grid) : grid_(grid), near_(at(grid.size()), 0) {}

  void note(const std::vector<Candidate>& cells) {
    for (const Candidate& c : cells) {
      if (c.look.differ) mark_around(c.base);
    }
  }
  bool near(std::int64_t base) const { return near_[at(base)] != 0; }

 private:
  void mark_around(std::int64_t base) {
    const At center = {base / (grid_.cells[1] * grid_.cells[2]), base / grid_.cells[2] % grid_.cells[1],
                       base % grid_.cells[2]};
    const auto low = [&](int axis) { return std::max<std::int64_t>(center[at(axis)] - 1, 0); };
    const auto high = [&](int axis) { return std::min(center[at(axis)] + 1, grid_.cells[at(axis)] - 1); };
    for (std::int64_t i = low(0); i <= high(0); ++i) {
      for (std::int64_t j = low(1); j <= high(1); ++j) {
        for (std::int64_t k = low(2); k <= high(2); ++k) near_[at(grid_.index({i, j, k}))] = 1;
      }
    }
  }

  const SearchGrid& grid_;
  std::vector<std::uint8_t> near_;
};

// Why a cell is cut in eight: because the options ask for it, or only to resolve the interface.
enum class Wish { none, resolve, required };

Wish wish_of(const Candidate& c, const Sightings& sightings, InterfaceOptions options) {
  const int level = c.cell.level;
  if (level < options.levels) return Wish::required;
  if (level >= options.most_levels) return Wish::none;
  const bool unseen = !c.look.differ && !sightings.near(c.base);
  const bool hidden = c.look.differ && !c.look.corners_differ;
  const int enough = std::max(options.levels + kLevelsForBends, c.seen + kLevelsBeyondSight);
  const bool bend = c.look.bent && level < enough;
  return unseen || hidden || bend ? Wish::resolve : Wish::none;
}

}  // namespace

SearchGrid::SearchGrid(const Box& domain, int cells_along) : box(domain) {
  const Vec3<double> edge = box.edge();
  const double longest = std::max({edge.x, edge.y, edge.z});
  for (int axis = 0; axis < kDim; ++axis) {
    cells[at(axis)] = std::max<std::int64_t>(std::min(kFewestCells, cells_along),
                                             static_cast<std::int64_t>(std::ceil(cells_along * edge[axis] / longest)));
    spacing[axis] = edge[axis] / static_cast<double>(cells[at(axis)]);
  }
}

Vec3<double> SearchGrid::edges(int level) const { return std::ldexp(1.0, -level) * spacing; }

Vec3<double> SearchGrid::position(int level, const At& place) const {
  const Vec3<double> size = edges(level);
  Vec3<double> p;
  for (int axis = 0; axis < kDim; ++axis) {
    p[axis] = std::min(box.lower[axis] + static_cast<double>(place[at(axis)]) * size[axis], box.upper[axis]);
  }
  return p;
}

CellLook look_at_cell(const double (&corner)[8], double center, Vec3<double> edges) {
  constexpr double kBend = 0.1;  // of what the slope brings over half a diagonal: an edge of 0.35 radii of curvature
  const double half_diagonal = 0.5 * std::sqrt(dot(edges, edges));
  double smallest = std::abs(center), slope = 0.0, mean = 0.0;
  int minus = 0;
  for (int c = 0; c < 8; ++c) {
    minus += corner[c] < 0.0;
    mean += 0.125 * corner[c];
    smallest = std::min(smallest, std::abs(corner[c]));
    slope = std::max(slope, std::abs(corner[c] - center) / half_diagonal);
    for (int axis = 0; axis < kDim; ++axis) {
      slope = std::max(slope, std::abs(corner[c] - corner[c ^ (4 >> axis)]) / edges[axis]);
    }
  }
  CellLook look;
  look.corners_differ = minus != 0 && minus != 8;
  look.differ = look.corners_differ || (minus != 0) != (center < 0.0);
  look.open = smallest <= slope * half_diagonal;
  look.bent = std::abs(center - mean) > kBend * slope * half_diagonal;
  return look;
}

FoundInterface search_interface(const SearchGrid& grid, const Field& level_set, InterfaceOptions options,
                                ThreadPool& pool) {
  LookedAt phi{level_set};
  FoundInterface result{node_values(grid, phi, pool), {}};
  phi.rounding = round_off(result.nodes);
  for (double& value : result.nodes) value = std::abs(value) < phi.rounding ? 0.0 : value;
  std::vector<Candidate> leaves, cells = coarse_cells(grid, phi, result.nodes, pool);
  Sightings sightings(grid);
  while (!cells.empty()) {
    const int level = cells.front().cell.level;
    if (level <= options.levels) sightings.note(cells);
    std::vector<Wish> wish;
    index_t wanted = 0;
    for (const Candidate& c : cells) {
      wish.push_back(wish_of(c, sightings, options));
      wanted += wish.back() != Wish::none;
    }
    const bool too_many = 8 * wanted > kMostCells;
    std::vector<Candidate> parents;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (wish[i] == Wish::required || (wish[i] == Wish::resolve && !too_many)) {
        parents.push_back(cells[i]);
      } else if (cells[i].look.corners_differ) {
        leaves.push_back(cells[i]);
      }
    }
    cells = children_of(parents, grid, phi, pool);
  }
  // Depth first: by the way from level 0, written with the digits of the deepest.
  const auto key = [&](const Candidate& c) {
    const int missing = std::max(options.levels, options.most_levels) - c.cell.level;
    return std::pair(c.base, c.path << 3 * missing);
  };
  std::sort(leaves.begin(), leaves.end(), [&](const Candidate& a, const Candidate& b) { return key(a) < key(b); });
  result.cells.reserve(leaves.size());
  for (const Candidate& c : leaves) result.cells.push_back(c.cell);
  return result;
}

}  // namespace nbm
