#include "solution/unseen.hpp"

#include <algorithm>
#include <cmath>

namespace nbm {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

}  // namespace

double error_of_strength(double strength, double mu, double k, const Box& box) {
  constexpr double kShare = 0.28;  // 2 sqrt(3) / (4 pi)
  constexpr double kPi = 3.141592653589793;
  const Vec3<double> edge = box.edge();
  double share = kShare / std::max({edge.x, edge.y, edge.z});
  if (k > 0.0) {
    const double reach = std::sqrt(mu / k);
    share = std::min(share, std::sqrt(2.0 * kPi * reach / (edge.x * edge.y * edge.z)) / (4.0 * kPi));
  }
  return share * strength / mu;
}

std::vector<double> evaluate_at(const Field& field, const char* name, const Points& points, ThreadPool& pool) {
  std::vector<double> values(points.x.size());
  const auto tasks = TaskPartition::of(points.size(), 8192, 1024);
  pool.run(tasks.tasks, [&](index_t t) {
    const index_t first = tasks.begin(t), count = tasks.end(t) - first;
    evaluate_finite(field, name, points.view().slice(first, count), std::span(values).subspan(at(first), at(count)));
  });
  return values;
}

}  // namespace nbm
