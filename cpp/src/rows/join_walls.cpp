#include "join_walls.hpp"

#include <algorithm>
#include <array>

namespace nbm {
namespace {

constexpr index_t kRowsPerTask = 4096;

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// The node of which one is a copy: itself, unless it lies on the upper wall of a period.
Vec3<index_t> original(const Problem& problem, Vec3<index_t> nodes, Vec3<index_t> n) {
  for (int axis = 0; axis < kDim; ++axis) {
    if (problem.periods[at(axis)].periodic && n[axis] == nodes[axis] - 1) n[axis] = 0;
  }
  return n;
}

std::vector<GridCopy> find_copies(const Problem& problem, const LatticeView& lattice) {
  std::vector<GridCopy> copies;
  for (index_t n = 0; n < lattice.shape.x * lattice.shape.y * lattice.shape.z; ++n) {
    const index_t of = lattice.index(original(problem, lattice.shape, lattice.position(n)));
    if (of != n) copies.push_back({n, of, 0.0});
  }
  return copies;
}

// The jumps from originals to copies: axis by axis, each jump asked for on the lower wall.
void find_jumps(const Problem& problem, const LatticeView& lattice, std::vector<GridCopy>& copies) {
  const Vec3<index_t> cells = {lattice.shape.x - 1, lattice.shape.y - 1, lattice.shape.z - 1};
  for (int axis = 0; axis < kDim; ++axis) {
    if (!problem.periods[at(axis)].periodic) continue;
    std::vector<std::size_t> crossing;
    Points lower;
    for (std::size_t c = 0; c < copies.size(); ++c) {
      Vec3<index_t> n = lattice.position(copies[c].node);
      if (n[axis] != cells[axis]) continue;
      for (int done = 0; done <= axis; ++done) {
        if (problem.periods[at(done)].periodic && n[done] == cells[done]) n[done] = 0;
      }
      crossing.push_back(c);
      lower.push_back(grid_node(problem.box, cells,
                                {static_cast<double>(n.x), static_cast<double>(n.y), static_cast<double>(n.z)}));
    }
    std::vector<double> jump(crossing.size());
    evaluate_finite(problem.periods[at(axis)].jump_u, "walls.jump", lower.view(), jump);
    for (std::size_t i = 0; i < crossing.size(); ++i) copies[crossing[i]].jump += jump[i];
  }
}

// Which nodes are copies, and which copies a node has.
class Copies {
 public:
  Copies(const GridSystem& system, std::vector<GridCopy> all) : all_(std::move(all)), number_(system.rhs.size(), -1) {
    for (std::size_t c = 0; c < all_.size(); ++c) number_[at(all_[c].node)] = static_cast<std::int32_t>(c);
    first_.assign(system.rhs.size(), -1);
    next_.assign(all_.size(), -1);
    for (std::size_t c = all_.size(); c-- > 0;) {
      next_[c] = first_[at(all_[c].of)];
      first_[at(all_[c].of)] = static_cast<std::int32_t>(c);
    }
  }

  const GridCopy* find(index_t node) const {
    const std::int32_t c = number_[at(node)];
    return c < 0 ? nullptr : &all_[at(c)];
  }
  template <class Use>
  void for_copies(index_t node, Use&& use) const {
    for (std::int32_t c = first_[at(node)]; c >= 0; c = next_[at(c)]) use(all_[at(c)].node);
  }

 private:
  std::vector<GridCopy> all_;
  std::vector<std::int32_t> number_, first_, next_;  // of a node its copy's; of a node its first copy; the next one
};

struct Row {
  std::vector<std::pair<std::int32_t, double>> entries;
  double rhs, diagonal;
};

// Adds a row, undivided, its copies replaced.
void add_row(const GridSystem& system, const Copies& copies, index_t n, Row& row) {
  const double diagonal = system.diagonal[at(n)];
  row.diagonal += diagonal;
  row.rhs += diagonal * system.rhs[at(n)];
  for (index_t e = system.row_begin[at(n)]; e < system.row_begin[at(n + 1)]; ++e) {
    const double value = diagonal * system.value[at(e)];
    const GridCopy* copy = copies.find(system.column[at(e)]);
    row.entries.emplace_back(copy ? static_cast<std::int32_t>(copy->of) : system.column[at(e)], value);
    if (copy) row.rhs -= value * copy->jump;
  }
}

// In the order of the columns, each once; divided.
void finish(Row& row) {
  std::stable_sort(row.entries.begin(), row.entries.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::size_t count = 0;
  for (const auto& entry : row.entries) {
    if (count > 0 && row.entries[count - 1].first == entry.first) {
      row.entries[count - 1].second += entry.second;
    } else {
      row.entries[count++] = entry;
    }
  }
  row.entries.resize(count);
  for (auto& entry : row.entries) entry.second /= row.diagonal;
  row.rhs /= row.diagonal;
}

// The new row of a node.
void make_row(const GridSystem& system, const Copies& copies, index_t n, Row& row) {
  row.entries.clear();
  row.rhs = row.diagonal = 0.0;
  if (copies.find(n)) {
    row.entries.emplace_back(static_cast<std::int32_t>(n), 1.0);
    row.diagonal = 1.0;
    return;
  }
  add_row(system, copies, n, row);
  copies.for_copies(n, [&](index_t copy) { add_row(system, copies, copy, row); });
  finish(row);
}

}  // namespace

void match_opposite_walls(const Problem& problem, const LatticeView& nodes, std::vector<double>& level_set) {
  if (!problem.is_periodic()) return;
  for (const GridCopy& copy : find_copies(problem, nodes)) level_set[at(copy.node)] = level_set[at(copy.of)];
}

void join_opposite_walls(const Problem& problem, GridSystem& system, ThreadPool& pool) {
  const LatticeView lattice{system.nodes, nullptr};
  std::vector<GridCopy> found = find_copies(problem, lattice);
  // Where a wall of another axis gives u, rows have the diagonal alone: such nodes keep their given values.
  std::erase_if(found, [&](const GridCopy& copy) {
    return system.row_begin[at(copy.node + 1)] - system.row_begin[at(copy.node)] == 1;
  });
  find_jumps(problem, lattice, found);
  const Copies copies(system, found);
  const TaskPartition parts = TaskPartition::of(system.size(), kRowsPerTask, 4096);
  struct Part {
    std::vector<index_t> row_size;
    std::vector<std::int32_t> column;
    std::vector<double> value;
  };
  std::vector<Part> made(at(parts.tasks));
  std::vector<double> rhs(system.rhs.size()), diagonal(system.rhs.size());
  pool.run(parts.tasks, [&](index_t t) {
    Row row;
    for (index_t n = parts.begin(t); n < parts.end(t); ++n) {
      make_row(system, copies, n, row);
      rhs[at(n)] = row.rhs;
      diagonal[at(n)] = row.diagonal;
      made[at(t)].row_size.push_back(static_cast<index_t>(row.entries.size()));
      for (const auto& [column, value] : row.entries) {
        made[at(t)].column.push_back(column);
        made[at(t)].value.push_back(value);
      }
    }
  });
  system.row_begin.assign(1, 0);
  system.column.clear();
  system.value.clear();
  for (const Part& part : made) {
    for (const index_t size : part.row_size) system.row_begin.push_back(system.row_begin.back() + size);
    system.column.insert(system.column.end(), part.column.begin(), part.column.end());
    system.value.insert(system.value.end(), part.value.begin(), part.value.end());
  }
  system.rhs = std::move(rhs);
  system.diagonal = std::move(diagonal);
  system.copies = std::move(found);
}

void write_out_copies(GridSystem& system) {
  const GridSystem from = system;
  std::vector<const GridCopy*> copy_at(from.rhs.size());
  for (const GridCopy& copy : from.copies) copy_at[at(copy.node)] = &copy;
  system.row_begin.assign(1, 0);
  system.column.clear();
  system.value.clear();
  for (index_t n = 0; n < from.size(); ++n) {
    const auto first = from.row_begin[at(n)], last = from.row_begin[at(n + 1)];
    if (const GridCopy* copy = copy_at[at(n)]) {  // which comes after its original
      system.column.push_back(static_cast<std::int32_t>(copy->of));
      system.value.push_back(-1.0);
      system.rhs[at(n)] = copy->jump;
    }
    system.column.insert(system.column.end(), from.column.begin() + first, from.column.begin() + last);
    system.value.insert(system.value.end(), from.value.begin() + first, from.value.begin() + last);
    system.row_begin.push_back(static_cast<index_t>(system.column.size()));
  }
  system.copies.clear();
}

}  // namespace nbm
