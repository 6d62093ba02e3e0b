#pragma once
#include <array>

#include "nbm/rows/ghost.hpp"
#include "nbm/rows/point_row.hpp"
#include "quadratic_fit.hpp"

// Ghost values where the jumps depend on the solution (docs/method.md, section 7, "Laws of the interface"). They need
// derivatives of second order, and so the nodes of a wider cube than those of jumps that are given.
namespace nbm {

// The sides of the nodes in the 5 x 5 x 5 cube around a node; kAbsent outside of the grid.
constexpr std::int8_t kAbsent = -1;
using SidesAround = std::array<std::int8_t, kCubeNodes>;

// sum_j weight_j u_j + constant over the cube, each node carrying the value of its own side.
struct CubeForm {
  std::array<double, kCubeNodes> weight{};
  double constant = 0.0;

  void add(const CubeForm& other, double factor);
};

// The quadratic of one side around a node: through the nodes of the side, and the value at the node itself, which is a
// ghost value where the node is on the other side. Its forms give that value the weight of the centre.
class SideFit {
 public:
  SideFit(const SidesAround& sides, int side, Vec3<double> h);
  CubeForm value(Vec3<double> place) const;  // relative to the node
  CubeForm slope(Vec3<double> place, Vec3<double> direction) const;

 private:
  CubeForm form(const QuadraticTerms& functional) const;
  Vec3<double> scaled(Vec3<double> v) const { return {v.x / h_.x, v.y / h_.y, v.z / h_.z}; }

  SidesAround sides_;
  std::int8_t side_;
  Vec3<double> h_;
  QuadraticFit fit_;
};

// The normal at a place near a node, relative to it, by the quadratic of the level set through its neighbours: where
// that is no distance, its gradient at the node has another direction. phi: at the node, in a 5 x 5 x 5 cube.
Vec3<double> normal_at(const double* phi, Vec3<double> place, Vec3<double> h);

// The ghost value at the node in the middle of `sides`, and the side of which it is.
class LawGhost {
 public:
  // phi: as for normal_at(). least_separation: see separation().
  LawGhost(const SidesAround& sides, const GhostGeometry& at, const JumpCondition<double>& jump, const double* phi,
           Vec3<double> h, double least_separation);

  const CubeForm& at_node() const { return ghost_; }
  const SideFit& own() const { return own_; }  // of the side of the node
  CubeForm value(Vec3<double> place) const { return with_ghost(beyond_.value(place)); }
  CubeForm slope(Vec3<double> place, Vec3<double> direction) const {
    return with_ghost(beyond_.slope(place, direction));
  }
  // How much the resistance counts against a cell, between 0 and 1: without it the ghost is that of ghost_value(),
  // which knows the fluxes of both sides; with it the sides have little to do with each other. At least the least that
  // is asked for, unless that would make the ghost's own equation singular.
  double separation() const { return separation_; }

 private:
  CubeForm with_ghost(CubeForm form) const;

  SideFit own_, beyond_;
  double separation_;
  CubeForm ghost_;
};

}  // namespace nbm
