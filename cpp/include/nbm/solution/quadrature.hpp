#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "nbm/core/points.hpp"
#include "nbm/core/thread_pool.hpp"
#include "nbm/problem/field.hpp"
#include "nbm/rows/cut_grid.hpp"

namespace nbm {

// Points and weights of an integral over a part of a box, or over a surface in it.
struct NBM_EXPORT QuadratureRule {
  Points points;                // box coordinates
  std::vector<double> weights;  // areas or volumes; those of volumes may be negative next to a curved interface
  std::optional<Side> side;     // whose u counts; none: of the side on which each point lies
  // On surfaces only: unit normals from minus to plus, or out of the box,
  Points normals;
  // and on the interface the connected piece, and whether the triangle lies across an edge or is not resolved.
  std::vector<std::int32_t> piece;
  std::vector<std::uint8_t> rough;

  double size() const;  // sum of the weights
  // The rule of the piece of the interface that comes nearest to a point.
  QuadratureRule near(Vec3<double> point) const;
};

// Rules of a level set on a grid over a box, which is cut as the cells of the discretization are (docs/method.md,
// section 16).
class NBM_EXPORT Quadrature {
 public:
  // About `cells`, a multiple of four, along the longest edge of the box. `name` of the level set in errors. Throws
  // InvalidField where it is not finite.
  Quadrature(const Box& box, const Field& level_set, index_t cells, ThreadPool& pool, const char* name = "level_set");

  const Box& box() const { return box_; }
  const Field& level_set() const { return level_set_; }
  Vec3<double> spacing() const { return spacing_; }

  // Curved triangles through six points each.
  QuadratureRule interface(std::optional<Side> side) const;
  // Blocks of whole cells, tetrahedra of cut ones, and what lies between them and the curved interface.
  QuadratureRule volume(Side side) const;
  // What a side has of these walls: -x, +x, -y, +y, -z, +z.
  QuadratureRule walls(const std::array<bool, kBoxFaces>& faces, Side side) const;

 private:
  using Six = std::array<Vec3<double>, 6>;  // corners and middles of the edges of a triangle
  void bend(ThreadPool& pool, const char* name);
  void add_blocks(Side side, QuadratureRule& rule) const;
  void add_tetrahedra(Side side, QuadratureRule& rule) const;
  void add_shell(Side side, QuadratureRule& rule) const;

  Box box_;
  Field level_set_;
  Vec3<index_t> cells_;
  Vec3<double> spacing_;
  CutGrid cut_;
  std::vector<Six> flat_, curved_;
  std::vector<std::uint8_t> rough_;  // [triangles]
};

}  // namespace nbm
