#include "nbm/rows/grid_system.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>

#include "irregular_block.hpp"
#include "join_walls.hpp"
#include "known_balances.hpp"
#include "lattice.hpp"
#include "law_rows.hpp"
#include "nbm/core/error.hpp"
#include "nbm/rows/assemble.hpp"

namespace nbm {
namespace {

constexpr index_t kLeastCells = 3;
constexpr index_t kMostCells = 640;  // beyond, the nonzeros outgrow the 32-bit indices of sparse solvers
constexpr index_t kNodesPerTask = 4096;

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// A lattice that owns its values.
struct Lattice {
  std::vector<double> values;
  LatticeView view;

  Lattice() = default;
  explicit Lattice(Vec3<index_t> size) : values(at(size.x * size.y * size.z)), view{size, values.data()} {}
};

struct Grid {
  const Problem& problem;
  Problem for_rows;  // the same, but for f where a known part has it
  std::unique_ptr<const KnownBalances> known;
  Vec3<index_t> cells;
  Vec3<double> h;
  Lattice nodes;    // the level set at the nodes
  Lattice corners;  // and at the corners of their cells: corner (i, j, k) is node (i + 1/2, j + 1/2, k + 1/2)

  Grid(const Problem& of, Vec3<index_t> count)
      : problem(of), for_rows(of), cells(count), nodes({count.x + 1, count.y + 1, count.z + 1}), corners(count) {
    const Vec3<double> edge = of.box.edge();
    h = {edge.x / static_cast<double>(count.x), edge.y / static_cast<double>(count.y),
         edge.z / static_cast<double>(count.z)};
  }

  Vec3<double> node(Vec3<index_t> n, double shift = 0.0) const {
    return grid_node(
        problem.box, cells,
        {static_cast<double>(n.x) + shift, static_cast<double>(n.y) + shift, static_cast<double>(n.z) + shift});
  }

  void evaluate_level_set(Lattice& lattice, double shift, ThreadPool& pool) const {
    const TaskPartition parts = TaskPartition::of(static_cast<index_t>(lattice.values.size()), kNodesPerTask, 4096);
    pool.run(parts.tasks, [&](index_t task) {
      const index_t first = parts.begin(task), count = parts.end(task) - first;
      Points points(count);
      for (index_t i = 0; i < count; ++i) points.set(i, node(lattice.view.position(first + i), shift));
      evaluate_finite(problem.level_set, "level_set", points.view(),
                      std::span(lattice.values).subspan(at(first), at(count)));
    });
  }

  double corner(Vec3<index_t> n, int corner_index, double smallest_h) const {
    const index_t i = n.x - 1 + (corner_index >> 2 & 1), j = n.y - 1 + (corner_index >> 1 & 1),
                  k = n.z - 1 + (corner_index & 1);
    return corner_level_set(corners.values[at(corners.view.index({i, j, k}))], smallest_h);
  }

  // The walls on which a node lies, as bits of the faces of its cell.
  unsigned walls_at(Vec3<index_t> n) const {
    unsigned walls = 0;
    for (int face = 0; face < kBoxFaces; ++face) {
      const int axis = face_axis(face);
      if (n[axis] == (face_sign(face) < 0 ? 0 : cells[axis])) walls |= 1u << face;
    }
    return walls;
  }
  // Whether any of these gives u.
  bool gives_u(unsigned walls) const {
    for (int face = 0; face < kBoxFaces; ++face) {
      if (is_wall(walls, face) && problem.walls[at(face)].gives_u) return true;
    }
    return false;
  }

  // A corner of the part of a node's cell that lies in the box.
  Vec3<double> corner_place(Vec3<index_t> n, unsigned walls, int corner_index) const {
    Vec3<double> index;
    for (int axis = 0; axis < kDim; ++axis) {
      const int upper = corner_index >> (2 - axis) & 1;
      const double step = is_wall(walls, 2 * axis + upper) ? 0.0 : upper != 0 ? 0.5 : -0.5;
      index[axis] = static_cast<double>(n[axis]) + step;
    }
    return grid_node(problem.box, cells, index);
  }
};

// Rows of a run of consecutive nodes.
class GridTask {
 public:
  GridTask(const Grid& grid, index_t first, index_t last) : grid_(grid), first_(first), last_(last) {}

  std::vector<index_t> row_size;
  std::vector<std::int32_t> column;
  std::vector<double> value, rhs, diagonal;
  std::vector<std::uint8_t> side;
  double supply = 0.0, throughput = 0.0;  // as GridSystem has them

  // Gives the memory back.
  void release() {
    row_size = {};
    column = {};
    value = rhs = diagonal = {};
    side = {};
  }

  void assemble() {
    for (index_t n = first_; n < last_; ++n) sort_node(n);
    for (std::size_t s = 0; s < kSides; ++s) {
      const Side of = static_cast<Side>(s);
      boundary_[s] = make_boundary_rows(of, boundary_points_[s].size());
      assemble_boundary(grid_.for_rows, of, boundary_points_[s].view(), boundary_[s], 0);
      regular_[s] = make_difference_rows(grid_.problem.box, grid_.h, regular_points_[s].size());
      regular_diagonal_[s].resize(at(regular_points_[s].size()));
      assemble_regular(grid_.for_rows, of, regular_points_[s].view(), grid_.h, regular_[s], 0, regular_diagonal_[s]);
    }
    write_rows();
    regular_ = {};
    regular_points_ = {};
  }

 private:
  enum class Row : std::uint8_t { boundary, regular, irregular };

  void sort_node(index_t n) {
    const Vec3<index_t> node = grid_.nodes.view.position(n);
    const Side own = side_of(grid_.nodes.values[at(n)]);
    const std::size_t s = at(index_of(own));
    side.push_back(static_cast<std::uint8_t>(own));
    const unsigned walls = grid_.walls_at(node);
    if (grid_.gives_u(walls)) {
      kind_.push_back(Row::boundary);
      boundary_points_[s].push_back(grid_.node(node));
    } else if (walls != 0 || irregular(node, n)) {
      kind_.push_back(Row::irregular);
      irregular_.push_back(n);
    } else {
      kind_.push_back(Row::regular);
      regular_points_[s].push_back(grid_.node(node));
    }
  }

  bool irregular(Vec3<index_t> node, index_t n) const {
    double corner[kCellCorners], star[kStarNodes];
    const double smallest_h = std::min({grid_.h.x, grid_.h.y, grid_.h.z});
    for (int c = 0; c < kCellCorners; ++c) corner[c] = grid_.corner(node, c, smallest_h);
    for (int s = 0; s < kStarNodes; ++s) star[s] = grid_.nodes.values[at(n + flat(star_offset(s)))];
    return is_irregular(corner, star);
  }

  index_t flat(Vec3<int> o) const { return (o.x * grid_.nodes.view.shape.y + o.y) * grid_.nodes.view.shape.z + o.z; }

  void write_rows() {
    std::array<index_t, kSides> next_boundary{}, next_regular{};
    IrregularBlock block(grid_.for_rows, grid_.h);
    if (grid_.problem.has_interface_law()) laws_.emplace(grid_.for_rows, grid_.h, 0.0);
    index_t next_irregular = 0;
    for (index_t n = first_; n < last_; ++n) {
      const std::size_t s = side[at(n - first_)], before = column.size();
      switch (kind_[at(n - first_)]) {
        case Row::boundary:
          put(n, 1.0);
          rhs.push_back(boundary_[s].rhs[at(next_boundary[s]++)]);
          diagonal.push_back(1.0);
          break;
        case Row::regular:
          diagonal.push_back(regular_diagonal_[s][at(next_regular[s])]);
          count_supply(regular_[s].rhs[at(next_regular[s])] * diagonal.back() * cell_volume(grid_.h));
          put_regular(n, regular_[s], at(next_regular[s]++));
          break;
        case Row::irregular:
          if (next_irregular % IrregularBlock::kCapacity == 0) fill(block, next_irregular);
          count_supply(block.supply(next_irregular % IrregularBlock::kCapacity));
          put_irregular(n, block, next_irregular % IrregularBlock::kCapacity);
          ++next_irregular;
          break;
      }
      row_size.push_back(static_cast<index_t>(column.size() - before));
    }
  }

  void count_supply(double of_cell) {
    supply += of_cell;
    throughput += std::abs(of_cell);
  }

  void put(index_t node, double weight) {
    column.push_back(static_cast<std::int32_t>(node));
    value.push_back(weight);
  }

  // The seven weights of a difference row, in the order of their nodes.
  void put_regular(index_t n, const DifferenceRows& rows, std::size_t row) {
    double center = rows.value[row];
    for (int axis = 0; axis < kDim; ++axis) {
      const double first = rows.first[at(axis)][row], second = rows.second[at(axis)][row];
      put(n + flat(star_offset(star_node_of_face(2 * axis))), second - 0.5 * first);
      center -= 2.0 * second;
    }
    put(n, center);
    for (int axis = kDim - 1; axis >= 0; --axis) {
      const double first = rows.first[at(axis)][row], second = rows.second[at(axis)][row];
      put(n + flat(star_offset(star_node_of_face(2 * axis + 1))), second + 0.5 * first);
    }
    rhs.push_back(rows.rhs[row]);
    if (grid_.known) rhs.back() += grid_.known->regular(grid_.nodes.view.position(n)) / diagonal.back();
  }

  void put_irregular(index_t n, const IrregularBlock& block, index_t c) {
    if (!laws_) {
      const IrregularRow& row = block[c].row;
      return put_cube(n, kCubeReach, row, known_[at(c)],
                      [&](Vec3<int> o) { return row.weight[cube_index(o.x, o.y, o.z)]; });
    }
    LawRow row;
    laws_->row(block, c, {grid_.nodes.view, grid_.nodes.view.position(n)}, row);
    put_cube(n, kLawReach, row, known_[at(c)], [&](Vec3<int> o) { return row.weight[LawRow::index(o)]; });
  }

  template <class Row, class Weight>
  void put_cube(index_t n, int reach, const Row& row, double known, Weight&& weight_at) {
    for (int i = -reach; i <= reach; ++i) {
      for (int j = -reach; j <= reach; ++j) {
        for (int k = -reach; k <= reach; ++k) {
          const double weight = weight_at(Vec3<int>{i, j, k});
          if (weight != 0.0) put(n + flat({i, j, k}), weight / row.diagonal);
        }
      }
    }
    rhs.push_back((row.rhs + known) / row.diagonal);
    diagonal.push_back(row.diagonal / cell_volume(grid_.h));
  }

  // Assembles the next irregular cells, with the level set of the grid: every row sees a node on the same side.
  void fill(IrregularBlock& block, index_t first) {
    const index_t count = std::min(IrregularBlock::kCapacity, static_cast<index_t>(irregular_.size()) - first);
    std::vector<IrregularCell>& cells = block.place_empty(count);
    for (index_t c = 0; c < count; ++c) fill_cell(cells[at(c)], irregular_[at(first + c)]);
    put_at_walls(block, first, count);
    block.assemble();
    if (laws_) laws_->sample(block);
    if (!grid_.known) return;
    std::vector<Vec3<index_t>> nodes;
    for (index_t c = 0; c < count; ++c) nodes.push_back(grid_.nodes.view.position(irregular_[at(first + c)]));
    grid_.known->irregular(block, nodes, std::span(known_).first(at(count)));
  }

  void fill_cell(IrregularCell& cell, index_t n) const {
    const Vec3<index_t> node = grid_.nodes.view.position(n);
    cell.x = grid_.node(node);
    for (int s = 0; s < kStarNodes; ++s) cell.present[s] = grid_.nodes.view.present_neighbors(node + star_position(s));
    const double smallest_h = std::min({grid_.h.x, grid_.h.y, grid_.h.z});
    if (grid_.walls_at(node) == 0) {
      for (int c = 0; c < kCellCorners; ++c) cell.corner[c] = grid_.corner(node, c, smallest_h);
    }
    for (int i = -kCubeReach; i <= kCubeReach; ++i) {
      for (int j = -kCubeReach; j <= kCubeReach; ++j) {
        for (int k = -kCubeReach; k <= kCubeReach; ++k) {
          if (in_stencil(i, j, k))
            cell.phi[cube_index(i, j, k)] = grid_.nodes.view.extended(node + Vec3<index_t>{i, j, k});
        }
      }
    }
  }

  // Cells at walls are cut where these are, not at the lattice of corners: the level set is asked for there.
  void put_at_walls(IrregularBlock& block, index_t first, index_t count) const {
    std::vector<index_t> at_walls;
    Points corners;
    for (index_t c = 0; c < count; ++c) {
      const Vec3<index_t> node = grid_.nodes.view.position(irregular_[at(first + c)]);
      const unsigned walls = grid_.walls_at(node);
      if (walls == 0) continue;
      block.put_at_walls(c, walls);
      at_walls.push_back(c);
      for (int corner = 0; corner < kCellCorners; ++corner) corners.push_back(grid_.corner_place(node, walls, corner));
    }
    if (at_walls.empty()) return;
    std::vector<double> phi(corners.x.size());
    evaluate_finite(grid_.problem.level_set, "level_set", corners.view(), phi);
    const double smallest_h = std::min({grid_.h.x, grid_.h.y, grid_.h.z});
    for (std::size_t i = 0; i < phi.size(); ++i) {
      IrregularCell& cell = block.cell(at_walls[i / std::size_t{kCellCorners}]);
      cell.corner[i % std::size_t{kCellCorners}] = corner_level_set(phi[i], smallest_h);
    }
  }

  static Vec3<index_t> star_position(int star_node) {
    const Vec3<int> o = star_offset(star_node);
    return {o.x, o.y, o.z};
  }

  const Grid& grid_;
  index_t first_, last_;
  std::vector<Row> kind_;
  std::array<Points, kSides> boundary_points_, regular_points_;
  std::array<PointRows, kSides> boundary_;
  std::array<DifferenceRows, kSides> regular_;
  std::array<std::vector<double>, kSides> regular_diagonal_;
  std::vector<index_t> irregular_;
  std::array<double, IrregularBlock::kCapacity> known_{};  // balances of the cells in the block
  std::optional<LawRows> laws_;                            // where the interface has a law
};

// Puts the rows of the tasks together, into memory of the exact size.
GridSystem join(Grid& grid, std::vector<GridTask>& tasks, ThreadPool& pool) {
  GridSystem system;
  system.nodes = grid.nodes.view.shape;
  std::vector<std::size_t> row(tasks.size() + 1), entry(tasks.size() + 1);
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    row[t + 1] = row[t] + tasks[t].rhs.size();
    entry[t + 1] = entry[t] + tasks[t].column.size();
  }
  system.level_set = std::move(grid.nodes.values);
  system.row_begin.resize(row.back() + 1);
  system.column.resize(entry.back());
  system.value.resize(entry.back());
  for (auto* vector : {&system.rhs, &system.diagonal}) vector->resize(row.back());
  system.side.resize(row.back());
  for (const GridTask& task : tasks) {
    system.supply += task.supply;
    system.throughput += task.throughput;
  }
  pool.run(static_cast<index_t>(tasks.size()), [&](index_t task) {
    const std::size_t t = at(task), first = row[t];
    GridTask& from = tasks[t];
    auto end = static_cast<index_t>(entry[t]);
    for (std::size_t i = 0; i < from.row_size.size(); ++i) system.row_begin[first + i + 1] = end += from.row_size[i];
    std::copy(from.column.begin(), from.column.end(), &system.column[entry[t]]);
    std::copy(from.value.begin(), from.value.end(), &system.value[entry[t]]);
    std::copy(from.rhs.begin(), from.rhs.end(), &system.rhs[first]);
    std::copy(from.diagonal.begin(), from.diagonal.end(), &system.diagonal[first]);
    std::copy(from.side.begin(), from.side.end(), &system.side[first]);
    from.release();
  });
  return system;
}

}  // namespace

GridSystem assemble_grid_system(const Problem& problem, Vec3<index_t> cells, ThreadPool& pool, const KnownPart* known) {
  problem.box.validate();
  for (int axis = 0; axis < kDim; ++axis) {
    if (cells[axis] >= kLeastCells && cells[axis] <= kMostCells) continue;
    throw InvalidArgument("cells", "must be from " + std::to_string(kLeastCells) + " to " + std::to_string(kMostCells) +
                                       " on every axis, got " + std::to_string(cells[axis]));
  }
  Grid grid(problem, cells);
  grid.evaluate_level_set(grid.nodes, 0.0, pool);
  grid.evaluate_level_set(grid.corners, 0.5, pool);
  match_opposite_walls(problem, grid.nodes.view, grid.nodes.values);
  if (known != nullptr) {
    grid.for_rows.minus.f = grid.for_rows.plus.f = 0.0;
    grid.known = std::make_unique<const KnownBalances>(problem.box, problem.level_set, *known, grid.nodes.view,
                                                       grid.corners.view, pool);
  }

  const index_t n = static_cast<index_t>(grid.nodes.values.size());
  const TaskPartition parts = TaskPartition::of(n, kNodesPerTask, 4096);
  std::vector<GridTask> tasks;
  for (index_t t = 0; t < parts.tasks; ++t) tasks.emplace_back(grid, parts.begin(t), parts.end(t));
  pool.run(parts.tasks, [&](index_t t) { tasks[at(t)].assemble(); });

  GridSystem system = join(grid, tasks, pool);
  system.floating = problem.is_floating();
  if (problem.is_periodic()) join_opposite_walls(problem, system, pool);
  return system;
}

}  // namespace nbm
