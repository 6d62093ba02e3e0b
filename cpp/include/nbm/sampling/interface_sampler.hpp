#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "nbm/core/communicator.hpp"
#include "nbm/core/points.hpp"
#include "nbm/core/thread_pool.hpp"
#include "nbm/problem/box.hpp"
#include "nbm/problem/problem.hpp"
#include "nbm/sampling/interface_point.hpp"
#include "nbm/sampling/low_discrepancy.hpp"
#include "nbm/sampling/pieces.hpp"

namespace nbm {

// The grid on which the interface is looked for, once a problem.
struct InterfaceOptions {
  int cells = 48;       // search cells along the longest edge of the box
  int levels = 1;       // how often a search cell that the interface may pass is halved along each axis
  int most_levels = 7;  // the same where the interface bends, or a small piece of it may hide; within bounds
};

// Points on the interface with their unit normals (minus to plus) and global numbers, in increasing number.
struct NBM_EXPORT InterfacePoints {
  Points points;
  Points normals;
  std::vector<index_t> number;

  index_t size() const { return points.size(); }
  void append(const InterfacePoints& other);
};

struct CellTriangle;

// Makes points on the interface of a level set, which need not be a distance.
//
// Every closed piece of the interface gets a share of the points in proportion to the root of its area, so that a small
// one is not forgotten beside a large one; on a piece they are uniform by area.
//
// The interface is first triangulated (Kuhn tetrahedra of halved search cells); a point is uniform by area on the
// triangles of a piece and then projected on phi = 0 by Newton steps along the gradient. Its density over the true area
// is uniform up to the relative difference between triangles and surface, O((halved cell size x curvature)^2).
//
// A search cell may be passed where the signs of phi at corners and centre differ, or where its least size is below
// what its slope in the cell bridges along half a diagonal. Such cells are halved `levels` times; then further, up to
// `most_levels` in all, where nothing has been seen in the 27 cells around (a small piece may hide there) and where
// only the centre tells that there is an interface; and some 4 times where phi is far from linear (edges, thin parts,
// curvature). A level of more than 2^18 cells is not gone down to for these reasons.
// So closed pieces of more than two search cells are found, and of distances also those of a hundredth of a cell that
// lie alone; between other pieces parts thinner than half a search cell may be missed.
class NBM_EXPORT InterfaceSampler {
 public:
  using Triangle = std::array<Vec3<double>, 3>;

  // Throws InvalidField where the level set is not finite, InvalidArgument for cells < 1 or levels beyond 0 to 10.
  InterfaceSampler(const Box& box, Field level_set, ThreadPool& pool, InterfaceOptions options = {});

  bool empty() const { return triangles_.empty(); }
  // The area of the triangles: that of the interface in the box up to second order.
  double area() const { return area_; }
  // How the interface divides the box.
  const PieceMap& pieces() const { return pieces_; }
  index_t triangle_count() const { return static_cast<index_t>(triangles_.size()); }
  std::span<const Triangle> triangles() const { return triangles_; }
  // Their areas, times the normals from minus to plus.
  std::span<const Vec3<double>> area_vectors() const { return area_vectors_; }
  // Shares of the points, up to and with each triangle, in units of area.
  std::span<const double> cumulative_share() const { return cumulative_share_; }
  const InterfaceSearch& search() const { return search_; }

  // The points with numbers in `range` of the draw. Those are missing that do not converge to a distance of
  // |phi| / |grad phi| <= 1e-10 longest edges (central differences over 1e-5 edges) or that leave the box.
  InterfacePoints draw(IndexRange range, std::uint64_t seed, Stream stream, index_t draw, ThreadPool& pool) const;
  // The same on the caller's thread.
  InterfacePoints draw(IndexRange range, const ScrambledSobol& sobol) const;

 private:
  void share_points(std::vector<CellTriangle> triangles, const std::vector<std::int32_t>& piece_of_cell);
  void project_block(IndexRange block, const ScrambledSobol& sobol, InterfacePoints& result) const;

  Field level_set_;
  InterfaceSearch search_;
  std::vector<Triangle> triangles_;
  std::vector<Vec3<double>> area_vectors_;  // [triangles]
  std::vector<double> cumulative_share_;    // [triangles]
  double area_ = 0.0;
  PieceMap pieces_;
};

// Whether the level set changes its sign in the box: between low-discrepancy points, or else where the search for the
// interface looks. Throws InvalidField where it is not finite.
NBM_EXPORT bool has_interface(const Problem& problem, ThreadPool& pool);

// Coordinates of ScrambledSobol that InterfaceSampler uses: triangle, place in it. Others are free for the caller.
constexpr int kInterfaceDims = 3;

}  // namespace nbm
