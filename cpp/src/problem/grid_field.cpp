#include "nbm/problem/grid_field.hpp"

#include <cmath>
#include <utility>

#include "nbm/core/error.hpp"

namespace nbm {
namespace {

constexpr std::pair<Interpolation, const char*> kNames[] = {{Interpolation::linear, "linear"},
                                                            {Interpolation::cubic, "cubic"},
                                                            {Interpolation::quadratic_eno, "quadratic_eno"}};

index_t nodes_needed(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::cubic: return 4;
    case Interpolation::quadratic_eno: return 3;
    case Interpolation::linear: break;
  }
  return 2;
}

void check_grid(const Vec3<index_t>& shape, const std::vector<double>& values, Interpolation interpolation) {
  const std::string size =
      "(" + std::to_string(shape.x) + ", " + std::to_string(shape.y) + ", " + std::to_string(shape.z) + ")";
  for (int axis = 0; axis < kDim; ++axis) {
    if (shape[axis] >= nodes_needed(interpolation)) continue;
    throw InvalidArgument("values", to_string(interpolation) + " interpolation needs at least " +
                                        std::to_string(nodes_needed(interpolation)) +
                                        " nodes on each axis, got shape " + size);
  }
  if (static_cast<index_t>(values.size()) != shape.x * shape.y * shape.z) {
    throw InvalidArgument("values",
                          "shape " + size + " needs as many values as nodes, got " + std::to_string(values.size()));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    const auto n = static_cast<index_t>(i);
    throw InvalidArgument("values", "must be finite, got " + std::to_string(values[i]) + " at node (" +
                                        std::to_string(n / (shape.y * shape.z)) + ", " +
                                        std::to_string(n / shape.z % shape.y) + ", " + std::to_string(n % shape.z) +
                                        ")");
  }
}

}  // namespace

std::string to_string(Interpolation interpolation) {
  for (const auto& [value, name] : kNames) {
    if (value == interpolation) return name;
  }
  return "unknown";
}

Interpolation parse_interpolation(const std::string& name) {
  for (const auto& [value, known] : kNames) {
    if (name == known) return value;
  }
  throw InvalidArgument("interpolation", "must be linear, cubic or quadratic_eno, got '" + name + "'");
}

GridField::GridField(Box box, Vec3<index_t> shape, std::vector<double> values, Interpolation interpolation)
    : box_(box), shape_(shape), interpolation_(interpolation) {
  box_.validate();
  check_grid(shape_, values, interpolation_);
  values_ = std::make_shared<const std::vector<double>>(std::move(values));
}

GridView GridField::view() const {
  const Vec3<double> edge = box_.edge();
  return {values_->data(),
          shape_,
          box_.lower,
          {edge.x / static_cast<double>(shape_.x - 1), edge.y / static_cast<double>(shape_.y - 1),
           edge.z / static_cast<double>(shape_.z - 1)}};
}

void GridField::evaluate(PointsView points, std::span<double> values) const {
  const GridView grid = view();
  for (index_t i = 0; i < points.size; ++i) {
    values[static_cast<std::size_t>(i)] = interpolate(grid, interpolation_, points[i]);
  }
}

}  // namespace nbm
