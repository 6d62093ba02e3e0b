#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "nbm/core/communicator.hpp"
#include "nbm/core/points.hpp"
#include "nbm/core/thread_pool.hpp"
#include "nbm/problem/box.hpp"
#include "nbm/problem/field.hpp"
#include "nbm/sampling/interface_point.hpp"
#include "nbm/sampling/low_discrepancy.hpp"

namespace nbm {

// The grid on which the interface is looked for, once a problem.
struct InterfaceOptions {
  int cells = 48;      // search cells along the longest edge of the box
  int refinement = 2;  // a search cell near the interface is cut into refinement^3 for the triangles
};

// Points on the interface with their unit normals (minus to plus) and global numbers, in increasing number.
struct NBM_EXPORT InterfacePoints {
  Points points;
  Points normals;
  std::vector<index_t> number;

  index_t size() const { return points.size(); }
  void append(const InterfacePoints& other);
};

// Makes points on the interface of a level set, which need not be a distance.
//
// The interface is first triangulated (Kuhn tetrahedra of the refined search cells); a point is uniform by area on the
// triangles and then projected on phi = 0 by Newton steps along the gradient. Its density over the true area is uniform
// up to the relative difference between triangles and surface, O((refined cell size x curvature)^2). Parts thinner than
// a refined cell may be missed. Search cells are refined where the signs of phi at corners and centre differ, or where
// its least size is below what its slope in the cell bridges along half a diagonal.
class NBM_EXPORT InterfaceSampler {
 public:
  using Triangle = std::array<Vec3<double>, 3>;

  // Throws InvalidField where the level set is not finite, InvalidArgument for options below 1.
  InterfaceSampler(const Box& box, Field level_set, ThreadPool& pool, InterfaceOptions options = {});

  bool empty() const { return triangles_.empty(); }
  // The area of the triangles: that of the interface in the box up to second order.
  double area() const { return empty() ? 0.0 : cumulative_area_.back(); }
  index_t triangle_count() const { return static_cast<index_t>(triangles_.size()); }
  std::span<const Triangle> triangles() const { return triangles_; }
  std::span<const double> cumulative_area() const { return cumulative_area_; }  // up to and with each triangle
  const InterfaceSearch& search() const { return search_; }

  // The points with numbers in `range` of the draw. Those are missing that do not converge to a distance of
  // |phi| / |grad phi| <= 1e-10 longest edges (central differences over 1e-5 edges) or that leave the box.
  InterfacePoints draw(IndexRange range, std::uint64_t seed, Stream stream, index_t draw, ThreadPool& pool) const;
  // The same on the caller's thread.
  InterfacePoints draw(IndexRange range, const ScrambledSobol& sobol) const;

 private:
  void project_block(IndexRange block, const ScrambledSobol& sobol, InterfacePoints& result) const;

  Field level_set_;
  InterfaceSearch search_;
  std::vector<Triangle> triangles_;
  std::vector<double> cumulative_area_;  // [triangles]
};

// Coordinates of ScrambledSobol that InterfaceSampler uses: triangle, place in it. Others are free for the caller.
constexpr int kInterfaceDims = 3;

}  // namespace nbm
