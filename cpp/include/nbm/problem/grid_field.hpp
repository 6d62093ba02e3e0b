#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nbm/core/points.hpp"
#include "nbm/problem/box.hpp"
#include "nbm/problem/grid_interpolation.hpp"

namespace nbm {

NBM_EXPORT std::string to_string(Interpolation interpolation);
NBM_EXPORT Interpolation parse_interpolation(const std::string& name);

// A field given by its values at the nodes of a uniform grid over a box of its own. Immutable; copies share the values.
// Outside of the box the polynomial of the nearest cell goes on: good for the fraction of a cell by which stencils
// stick out of the domain, wrong further away (Problem::validate asks that grids cover the problem's box).
class NBM_EXPORT GridField {
 public:
  // `values`: [shape.x][shape.y][shape.z], z fastest; first and last nodes lie on the box. Throws InvalidArgument
  // unless the sizes agree, every value is finite, and each axis has 2 (linear), 3 (quadratic_eno) or 4 (cubic) nodes.
  GridField(Box box, Vec3<index_t> shape, std::vector<double> values,
            Interpolation interpolation = Interpolation::cubic);

  const Box& box() const { return box_; }
  Vec3<index_t> shape() const { return shape_; }
  std::span<const double> values() const { return *values_; }
  Interpolation interpolation() const { return interpolation_; }
  GridView view() const;

  void evaluate(PointsView points, std::span<double> values) const;

 private:
  Box box_;
  Vec3<index_t> shape_;
  std::shared_ptr<const std::vector<double>> values_;
  Interpolation interpolation_;
};

}  // namespace nbm
