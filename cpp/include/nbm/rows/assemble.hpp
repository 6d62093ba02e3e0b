#pragma once
#include <span>

#include "nbm/core/points.hpp"
#include "nbm/problem/problem.hpp"
#include "nbm/rows/row_sets.hpp"
#include "nbm/rows/value_scale.hpp"

// Rows at batches of points (docs/method.md, sections 5, 7, 8). Points and cell sizes h are in box units, the rows'
// points in network coordinates. Every function is safe from several threads at once on different rows, and throws
// InvalidField where a coefficient is not finite, or a mu not positive.
namespace nbm {

// Rows for n points with cells of size h: sized, `step` set, the rest for assemble_regular to write.
NBM_EXPORT DifferenceRows make_difference_rows(const Box& box, Vec3<double> h, index_t n);

// Writes the rows of points.size cells, all regular and on one side, into rows [offset, offset + points.size); where
// `diagonal` has points.size places, also the Jacobi diagonals per volume, by which the rows were divided.
NBM_EXPORT void assemble_regular(const Problem& problem, Side side, PointsView points, Vec3<double> h,
                                 DifferenceRows& rows, index_t offset, std::span<double> diagonal = {});

// The rows of any cells, meant for irregular ones. Nodes of weight 0 are left out; the others come side by side in the
// order of the 5 x 5 x 5 cube, or of the 7 x 7 x 7 cube where the interface has laws.
NBM_EXPORT StencilRows assemble_irregular(const Problem& problem, PointsView points, Vec3<double> h);

// Point rows of the conditions below for n points: sized, group and terms set; of the jumps with differences over h.
NBM_EXPORT PointRows make_boundary_rows(Side side, index_t n);
NBM_EXPORT PointRows make_value_jump_rows(const Problem& problem, Vec3<double> h, index_t n);
NBM_EXPORT PointRows make_flux_jump_rows(const Problem& problem, Vec3<double> h, index_t n);

// Writes the rows u_side = boundary value at points of the box boundary into rows [offset, offset + points.size).
NBM_EXPORT void assemble_boundary(const Problem& problem, Side side, PointsView points, PointRows& rows,
                                  index_t offset);

// Points of the boundary by the law that holds there: a wall whose flux is given (flux_wall_at), or -1 where u is.
// Those on walls of periods are left out: nothing is given there.
struct WallPoints {
  int wall;
  Points points;
  std::vector<std::size_t> number;  // in the batch
};
NBM_EXPORT std::vector<WallPoints> by_wall(const Problem& problem, const Points& points);

// The rows of all of these that lie on one side: of u, or of the flux with differences over h.
NBM_EXPORT PointRows boundary_point_rows(const Problem& problem, int wall, Side side, PointsView points,
                                         Vec3<double> h);

// The conditions at boundary points of one side, of u or of its flux: value u + slope . grad u = rhs.
struct BoundaryConditions {
  std::vector<double> value, rhs;
  std::array<std::vector<double>, kDim> slope;
};
NBM_EXPORT BoundaryConditions boundary_conditions(const Problem& problem, Side side, const Points& points);

// The jump conditions at points of the interface.
struct JumpConditions {
  std::array<std::vector<double>, kSides> mu;
  std::vector<double> jump_u, jump_flux, resistance, reaction;

  JumpCondition<double> operator[](std::size_t i) const {
    return {{mu[0][i], mu[1][i]}, jump_u[i], jump_flux[i], resistance[i], reaction[i]};
  }
};
NBM_EXPORT JumpConditions jump_conditions(const Problem& problem, PointsView points);

// Writes the two jump conditions at points of the interface with unit normals (minus to plus) into rows
// [offset, offset + points.size) of both sets.
NBM_EXPORT void assemble_jumps(const Problem& problem, PointsView points, PointsView normals, Vec3<double> h,
                               PointRows& value_jump, PointRows& flux_jump, index_t offset);

// Rows for v where u = shift + scale v: changes their right sides.
NBM_EXPORT void scale_values(RowSet& rows, const ValueScale& values);

}  // namespace nbm
