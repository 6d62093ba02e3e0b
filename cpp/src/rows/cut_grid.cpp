#include "nbm/rows/cut_grid.hpp"

#include <algorithm>
#include <numeric>

#include "nbm/core/error.hpp"
#include "nbm/rows/split_tetrahedron.hpp"
#include "nbm/sampling/interface_triangles.hpp"

namespace nbm {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

using Triangle = std::array<Vec3<double>, 3>;

bool before(Vec3<double> a, Vec3<double> b) { return a.x != b.x ? a.x < b.x : a.y != b.y ? a.y < b.y : a.z < b.z; }

// Numbers of the connected pieces; triangles that touch have corners of the same bits.
std::vector<std::int32_t> number_pieces(const std::vector<Triangle>& triangles) {
  std::vector<std::size_t> parent(triangles.size());
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const auto root = [&](std::size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  const auto corner = [&](std::size_t n) { return triangles[n / 3][n % 3]; };
  std::vector<std::size_t> order(3 * triangles.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return before(corner(a), corner(b)); });
  for (std::size_t n = 1; n < order.size(); ++n) {
    if (!(corner(order[n - 1]) == corner(order[n]))) continue;
    const std::size_t a = root(order[n - 1] / 3), b = root(order[n] / 3);
    parent[std::max(a, b)] = std::min(a, b);
  }
  std::vector<std::int32_t> piece(triangles.size());
  std::int32_t count = 0;
  for (std::size_t i = 0; i < piece.size(); ++i) piece[i] = root(i) == i ? count++ : piece[root(i)];
  return piece;
}

class Cutter {
 public:
  Cutter(const Box& box, Vec3<index_t> cells) : box_(box), cells_(cells) {
    const Vec3<double> edge = box.edge();
    for (int axis = 0; axis < kDim; ++axis) h_[axis] = edge[axis] / static_cast<double>(cells[axis]);
  }

  double smallest_h() const { return std::min({h_.x, h_.y, h_.z}); }

  void add_cell(Vec3<index_t> cell, const double (&phi)[kCellCorners]) {
    const auto minus = std::count_if(std::begin(phi), std::end(phi), [](double v) { return v < 0.0; });
    out_.cell.push_back(minus == 0 ? 1 : minus == kCellCorners ? 0 : CutGrid::kCut);
    if (out_.cell.back() == CutGrid::kCut) cut(cell, phi);
    for (int face = 0; face < kFaces; ++face) {
      const int axis = face_axis(face);
      if (cell[axis] == (face_sign(face) < 0 ? 0 : cells_[axis] - 1)) add_wall(cell, phi, face);
    }
  }

  CutGrid result() {
    out_.piece = number_pieces(triangles_);
    for (const Triangle& triangle : triangles_) push(out_.triangles, triangle);
    return std::move(out_);
  }

 private:
  // Corners are counted in cells, so that those of neighbouring cells have the same bits.
  void cut(Vec3<index_t> cell, const double (&phi)[kCellCorners]) {
    for (int t = 0; t < kKuhnTetrahedra; ++t) {
      Vec3<double> x[4];
      double value[4];
      for (int i = 0; i < 4; ++i) {
        const int corner = kuhn_corner(t, i);
        x[i] = middle_of(cell) + unit_corner(corner);
        value[i] = phi[corner];
      }
      tetrahedron_triangles(x, value, [&](Vec3<double> a, Vec3<double> b, Vec3<double> c, Vec3<double> plus) {
        const bool turned = dot(cross(b - a, c - a), plus - a) < 0.0;
        triangles_.push_back(turned ? Triangle{a, c, b} : Triangle{a, b, c});
      });
      split_tetrahedron(value, x, [&](int side, const std::array<Vec3<double>, 4>& corners) {
        push(out_.tetrahedra[at(side)], corners);
      });
    }
  }

  struct WallParts {  // what cut_face fills
    Cutter& cutter;
    Vec3<double> center;
    int face;

    void add(int side, double area, Vec3<double> a, Vec3<double> b, Vec3<double> c) {
      if (area == 0.0) return;
      push_to(side, {center + a, center + b, center + c});
    }
    void push_to(int side, const Triangle& triangle) {
      cutter.push(cutter.out_.wall_triangles[at(side)], triangle);
      cutter.out_.wall_number[at(side)].push_back(static_cast<std::uint8_t>(face));
    }
  };

  void add_wall(Vec3<index_t> cell, const double (&phi)[kCellCorners], int face) {
    WallParts parts{*this, middle_of(cell), face};
    cut_face(phi, face, parts);
  }

  // The middle of a cell, in cells, of which unit_corner is half an edge away.
  static Vec3<double> middle_of(Vec3<index_t> cell) {
    return {static_cast<double>(cell.x) + 0.5, static_cast<double>(cell.y) + 0.5, static_cast<double>(cell.z) + 0.5};
  }

  template <std::size_t n>
  void push(std::vector<double>& to, const std::array<Vec3<double>, n>& corners) const {
    for (const Vec3<double>& corner : corners) {
      for (int axis = 0; axis < kDim; ++axis) to.push_back(box_.lower[axis] + h_[axis] * corner[axis]);
    }
  }

  Box box_;
  Vec3<index_t> cells_;
  Vec3<double> h_;
  CutGrid out_;
  std::vector<Triangle> triangles_;
};

}  // namespace

CutGrid cut_grid(const Box& box, Vec3<index_t> cells, std::span<const double> level_set) {
  const Vec3<index_t> nodes = {cells.x + 1, cells.y + 1, cells.z + 1};
  if (std::min({cells.x, cells.y, cells.z}) < 1 || std::ssize(level_set) != nodes.x * nodes.y * nodes.z) {
    throw InvalidArgument("level_set", "expected a value for each node of at least one cell an axis");
  }
  Cutter cutter(box, cells);
  const double smallest = cutter.smallest_h();
  Vec3<index_t> cell;
  for (cell.x = 0; cell.x < cells.x; ++cell.x) {
    for (cell.y = 0; cell.y < cells.y; ++cell.y) {
      for (cell.z = 0; cell.z < cells.z; ++cell.z) {
        double phi[kCellCorners];
        for (int c = 0; c < kCellCorners; ++c) {
          const index_t x = cell.x + (c >> 2 & 1), y = cell.y + (c >> 1 & 1), z = cell.z + (c & 1);
          phi[c] = corner_level_set(level_set[at((x * nodes.y + y) * nodes.z + z)], smallest);
        }
        cutter.add_cell(cell, phi);
      }
    }
  }
  return cutter.result();
}

}  // namespace nbm
