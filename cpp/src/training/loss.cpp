#include "nbm/training/loss.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "nbm/core/error.hpp"

namespace nbm {

namespace {

template <class Enum>
Enum parse(const char* argument, std::initializer_list<Enum> choices, const std::string& name) {
  std::string expected;
  for (const Enum choice : choices) {
    if (to_string(choice) == name) return choice;
    expected += (expected.empty() ? "'" : " or '") + to_string(choice) + "'";
  }
  throw InvalidArgument(argument, "expected " + expected + ", got '" + name + "'");
}

}  // namespace

std::string to_string(Discretization discretization) {
  return discretization == Discretization::bochkov_gibou ? "bochkov_gibou" : "direct_jump";
}

std::string to_string(Loss loss) { return loss == Loss::balanced ? "balanced" : "paper"; }

Discretization parse_discretization(const std::string& name) {
  return parse("discretization", {Discretization::bochkov_gibou, Discretization::direct_jump}, name);
}

Loss parse_loss(const std::string& name) { return parse("loss", {Loss::balanced, Loss::paper}, name); }

PerGroup<double> group_weights(Loss loss, Discretization discretization, const Box& box, Vec3<double> cell_size) {
  PerGroup<double> weights;
  weights.fill(1.0);
  if (loss == Loss::paper) return weights;
  const double h = std::cbrt(cell_size.x * cell_size.y * cell_size.z);
  const Vec3<double> edges = box.edge();
  const double edge = std::cbrt(edges.x * edges.y * edges.z);
  const double cells = edge / h;
  weights[kBoundaryGroup] = 10.0;
  if (discretization == Discretization::direct_jump) {
    weights[kRegularGroup] = cells * cells / 4.0;
    weights[kValueJumpGroup] = 10.0;
    return weights;
  }
  weights[kRegularGroup] = cells * cells / 24.0;
  // An irregular residual holds an error of the flux times h: the weight grows as 1 / h, or the interface gives way to
  // the equation wherever the networks cannot satisfy both (benchmarks/NOTES.md).
  weights[kIrregularGroup] = cells / 8.0;
  return weights;
}

double GroupSums::mean_square(std::size_t group) const { return rows[group] > 0 ? squares[group] / rows[group] : 0.0; }

double GroupSums::loss(const PerGroup<double>& weights) const {
  double sum = 0;
  for (std::size_t g = 0; g < kMostGroups; ++g) sum += weights[g] * weights[g] * mean_square(g);
  return sum;
}

PerGroup<double> row_counts(const RowSet& rows) {
  PerGroup<double> counts{};
  for (const DifferenceRows& side : rows.regular) counts[kRegularGroup] += static_cast<double>(side.size());
  counts[kIrregularGroup] = static_cast<double>(rows.irregular.size());
  for (const PointRows& set : rows.points) {
    counts[static_cast<std::size_t>(set.group)] += static_cast<double>(set.size());
  }
  return counts;
}

}  // namespace nbm
