#include "nbm/problem/wall.hpp"

#include <string>

#include "nbm/core/error.hpp"
#include "nbm/problem/problem.hpp"

namespace nbm {
namespace {

// As users spell them: "walls.x-.h".
std::string name_of(int face, const char* part) {
  return std::string("walls.") + "xyz"[face / 2] + (face % 2 == 0 ? "-." : "+.") + part;
}

std::vector<double> finite_values(const Field& field, const std::string& name, PointsView points) {
  std::vector<double> values(static_cast<std::size_t>(points.size));
  evaluate_finite(field, name.c_str(), points, values);
  return values;
}

}  // namespace

int flux_wall_at(const Box& box, const Walls& walls, Vec3<double> p) {
  int found = -1;
  for (int face = 0; face < kBoxFaces; ++face) {
    const int axis = face / 2;
    if (p[axis] != (face % 2 == 0 ? box.lower[axis] : box.upper[axis])) continue;
    if (walls[static_cast<std::size_t>(face)].gives_u) return -1;
    if (found < 0) found = face;
  }
  return found;
}

WallValues evaluate_wall(const Walls& walls, int face, Side side, PointsView points) {
  const WallLaw& law = walls[static_cast<std::size_t>(face)].law[static_cast<std::size_t>(index_of(side))];
  WallValues values{finite_values(law.transfer, name_of(face, "h"), points),
                    finite_values(law.ambient, name_of(face, "u"), points),
                    finite_values(law.flux, name_of(face, "flux"), points)};
  for (index_t i = 0; i < points.size; ++i) {
    const double transfer = values.transfer[static_cast<std::size_t>(i)];
    if (transfer >= 0.0) continue;
    const std::string name = name_of(face, "h");
    throw InvalidField(name, transfer, points[i],
                       name + " is " + std::to_string(transfer) + ", but a transfer coefficient must not be negative");
  }
  return values;
}

}  // namespace nbm
