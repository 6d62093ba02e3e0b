#include "nbm/training/loss.hpp"

#include <algorithm>
#include <cmath>

#include "nbm/core/error.hpp"

namespace nbm {

std::string to_string(RowGroup group) {
  switch (group) {
    case RowGroup::regular: return "regular";
    case RowGroup::irregular: return "irregular";
    case RowGroup::boundary: break;
  }
  return "boundary";
}

Loss parse_loss(const std::string& name) {
  for (const Loss loss : {Loss::balanced, Loss::paper}) {
    if (to_string(loss) == name) return loss;
  }
  throw InvalidArgument("loss", "expected 'balanced' or 'paper', got '" + name + "'");
}

std::string to_string(Loss loss) { return loss == Loss::balanced ? "balanced" : "paper"; }

PerGroup<double> group_weights(Loss loss, const Box& box, Vec3<double> cell_size) {
  if (loss == Loss::paper) return {1.0, 1.0, 1.0};
  const double h = std::cbrt(cell_size.x * cell_size.y * cell_size.z);
  const Vec3<double> edges = box.edge();
  const double edge = std::cbrt(edges.x * edges.y * edges.z);
  return {edge * edge / (24.0 * h * h), 1.0, 10.0};
}

double GroupSums::mean_square(RowGroup group) const {
  const auto g = static_cast<std::size_t>(group);
  return rows[g] > 0 ? squares[g] / rows[g] : 0.0;
}

double GroupSums::loss(const PerGroup<double>& weights) const {
  double sum = 0;
  for (std::size_t g = 0; g < kRowGroups; ++g) {
    sum += weights[g] * weights[g] * mean_square(static_cast<RowGroup>(g));
  }
  return sum;
}

PerGroup<double> row_counts(const RowSet& rows) {
  const auto sum = [](const auto& sides) { return static_cast<double>(sides[0].size() + sides[1].size()); };
  return {sum(rows.regular), static_cast<double>(rows.irregular.size()), sum(rows.boundary)};
}

}  // namespace nbm
