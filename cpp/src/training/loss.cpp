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

std::string to_string(RowGroup group) {
  switch (group) {
    case RowGroup::regular: return "regular";
    case RowGroup::irregular: return "irregular";
    case RowGroup::boundary: return "boundary";
    case RowGroup::value_jump: return "value_jump";
    case RowGroup::flux_jump: break;
  }
  return "flux_jump";
}

std::string to_string(Loss loss) { return loss == Loss::balanced ? "balanced" : "paper"; }

Discretization parse_discretization(const std::string& name) {
  return parse("discretization", {Discretization::bochkov_gibou, Discretization::direct_jump}, name);
}

Loss parse_loss(const std::string& name) { return parse("loss", {Loss::balanced, Loss::paper}, name); }

PerGroup<double> group_weights(Loss loss, Discretization discretization, const Box& box, Vec3<double> cell_size) {
  if (loss == Loss::paper) return {1.0, 1.0, 1.0, 1.0, 1.0};
  const double h = std::cbrt(cell_size.x * cell_size.y * cell_size.z);
  const Vec3<double> edges = box.edge();
  const double edge = std::cbrt(edges.x * edges.y * edges.z);
  const double cells = edge / h;
  if (discretization == Discretization::direct_jump) return {cells * cells / 4.0, 0.0, 10.0, 10.0, 1.0};
  // An irregular residual holds an error of the flux times h: the weight grows as 1 / h, or the interface gives way to
  // the equation wherever the networks cannot satisfy both (benchmarks/NOTES.md).
  return {cells * cells / 24.0, cells / 8.0, 10.0, 0.0, 0.0};
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
  return {sum(rows.regular), static_cast<double>(rows.irregular.size()), sum(rows.boundary),
          static_cast<double>(rows.value_jump.size()), static_cast<double>(rows.flux_jump.size())};
}

}  // namespace nbm
