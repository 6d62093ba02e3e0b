#include "training/spread_out.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace nbm {
namespace {

constexpr double kNear = 0.125;     // of the shortest edge: walls that are farther along the normal are not looked at
constexpr double kFullScale = 0.2;  // of the same: the distance that would leave the scale 1
constexpr double kLeastScale = 0.2;
constexpr double kFacing = 0.5;  // least cosine between the normals of a surface and of a wall that faces it

}  // namespace

std::vector<double> local_scales(const Box& box, PointsView points, PointsView normals) {
  const Vec3<double> edge = box.edge();
  const double shortest = std::min({edge.x, edge.y, edge.z});
  std::vector<double> scale;
  for (index_t i = 0; i < points.size; ++i) {
    double distance = shortest;
    for (int k = 0; k < kDim; ++k) {
      const double cosine = std::abs(normals[i][k]);
      if (cosine < kFacing) continue;
      distance = std::min({distance, (points[i][k] - box.lower[k]) / cosine, (box.upper[k] - points[i][k]) / cosine});
    }
    const double share = std::max(distance, 0.0) / shortest;
    scale.push_back(share < kNear ? std::max(kLeastScale, std::sqrt(share / kFullScale)) : 1.0);
  }
  return scale;
}

std::vector<index_t> spread_out(const Points& points, const std::vector<double>& scale, index_t count) {
  std::vector<index_t> chosen;
  std::vector<double> nearest(points.x.size(), std::numeric_limits<double>::infinity());
  index_t next = 0;
  while (static_cast<index_t>(chosen.size()) < std::min(count, points.size())) {
    chosen.push_back(next);
    const Vec3<double> last = points[next];
    double farthest = -1.0;
    for (index_t i = 0; i < points.size(); ++i) {
      double& square = nearest[static_cast<std::size_t>(i)];
      const Vec3<double> way = points[i] - last;
      const double own = scale[static_cast<std::size_t>(i)];
      square = std::min(square, dot(way, way) / (own * own));
      if (square > farthest) {
        farthest = square;
        next = i;
      }
    }
  }
  return chosen;
}

}  // namespace nbm
