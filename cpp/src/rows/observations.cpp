#include "nbm/rows/observations.hpp"

#include <algorithm>
#include <cmath>

#include "nbm/core/communicator.hpp"
#include "nbm/core/error.hpp"
#include "nbm/sampling/classify.hpp"
#include "nbm/sampling/permutation.hpp"

namespace nbm {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

void require(bool holds, const Observations& data, const char* name, const std::string& message) {
  if (!holds) throw InvalidArgument(name, "observations '" + data.name + "': " + message);
}

bool is_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), allowed);
}

bool is_finite(Vec3<double> v) { return std::isfinite(v.x) && std::isfinite(v.y) && std::isfinite(v.z); }

bool is_inside(const Box& box, Vec3<double> x) {
  for (int k = 0; k < kDim; ++k) {
    if (!(x[k] >= box.lower[k] && x[k] <= box.upper[k])) return false;
  }
  return true;
}

std::string text(Vec3<double> v) {
  return "(" + std::to_string(v.x) + ", " + std::to_string(v.y) + ", " + std::to_string(v.z) + ")";
}

// The row for v of u = shift + ramp . x + scale v, at a point and with a cell in network coordinates.
PointRow<double> in_units(PointRow<double> row, Vec3<double> x, Vec3<double> step, const ValueScale& values) {
  for (int side = 0; side < kSides; ++side) {
    row.rhs -= row.weight[side][0] * (values.shift[side] + dot(values.ramp, x));
    for (int axis = 0; axis < kDim; ++axis) row.rhs -= row.weight[side][1 + axis] * values.ramp[axis] * step[axis];
    for (double& weight : row.weight[side]) weight *= values.scale;
  }
  return row;
}

}  // namespace

void Observations::validate(const Box& box) const {
  if (!is_name(name)) {
    throw InvalidArgument("name",
                          "the name of observations must be of letters, digits, '_' and '-', got '" + name + "'");
  }
  const std::string n = std::to_string(size());
  require(size() > 0, *this, "points", "there are none");
  require(values.size() == at(size()), *this, "values",
          "expected " + n + " values, one a point, got " + std::to_string(values.size()));
  require(sigma.size() == 1 || sigma.size() == at(size()), *this, "sigma",
          "expected one number or " + n + ", one a point, got " + std::to_string(sigma.size()));
  require(directions.size() == 0 || directions.size() == size(), *this, "directions",
          "expected " + n + " directions, one a point, got " + std::to_string(directions.size()));
  require(per_draw >= 0, *this, "per_draw", "must be 0 (all) or positive, got " + std::to_string(per_draw));
  require(std::isfinite(weight) && weight >= 0, *this, "weight",
          "must be finite and not negative, got " + std::to_string(weight));
  for (index_t i = 0; i < size(); ++i) {
    require(is_inside(box, points[i]), *this, "points", text(points[i]) + " is not in the box");
    require(std::isfinite(values[at(i)]), *this, "values", "the value at " + text(points[i]) + " is not finite");
    require(directions.size() == 0 || is_finite(directions[i]), *this, "directions",
            "that at " + text(points[i]) + " is not finite");
  }
  for (const double s : sigma) {
    require(std::isfinite(s) && s > 0, *this, "sigma", "must be positive, got " + std::to_string(s));
  }
}

ObservationRows::ObservationRows(const Problem& problem, const Observations& observations, int group,
                                 std::uint64_t seed, const ValueScale& values)
    : box_(problem.box), data_(observations), group_(group), seed_(seed), values_(values) {
  data_.validate(box_);
  sides_.assign(data_.values.size(), data_.side.value_or(Side::plus));
  if (data_.side) return;
  std::vector<double> phi(data_.values.size());
  evaluate_finite(problem.level_set, "level_set", data_.points.view(), phi);
  std::transform(phi.begin(), phi.end(), sides_.begin(), [](double value) { return side_of(value); });
}

index_t ObservationRows::most(Side side) const {
  const auto on_side = static_cast<index_t>(std::count(sides_.begin(), sides_.end(), side));
  // A draw that reaches into the next round may take a point twice.
  return data_.per_draw > 0 ? std::min(data_.per_draw, 2 * on_side) : on_side;
}

std::array<std::vector<std::size_t>, kSides> ObservationRows::members(index_t draw, int rank, int ranks) const {
  std::array<std::vector<std::size_t>, kSides> numbers;
  const auto take = [&](index_t number) { numbers[at(index_of(sides_[at(number)]))].push_back(at(number)); };
  const index_t all = data_.size(), of_draw = data_.per_draw > 0 ? std::min(data_.per_draw, all) : all;
  const IndexRange share = share_of(of_draw, rank, ranks);
  if (of_draw == all) {
    for (index_t i = share.begin; i < share.end; ++i) take(i);
    return numbers;
  }
  // Round after round through all points, each in another order.
  index_t round = -1;
  Permutation order{};
  for (index_t i = draw * of_draw + share.begin; i < draw * of_draw + share.end; ++i) {
    if (i / all != round) {
      round = i / all;
      order = make_permutation(all, seed_, (index_t{group_} << 40) + round);
    }
    take(permuted(order, i % all));
  }
  return numbers;
}

PointRow<double> ObservationRows::row(std::size_t number, int side, Vec3<double> h) const {
  const double sigma = data_.sigma.size() == 1 ? data_.sigma[0] : data_.sigma[number];
  const Vec3<double> x = box_.normalize(data_.points[static_cast<index_t>(number)]), step = box_.normalize_lengths(h);
  if (data_.directions.size() == 0) {
    return in_units(observed_value_row(side, data_.values[number], sigma), x, step, values_);
  }
  const Vec3<double> direction = data_.directions[static_cast<index_t>(number)];
  return in_units(observed_slope_row(side, direction, data_.values[number], sigma, h), x, step, values_);
}

void ObservationRows::append(index_t draw, Vec3<double> h, int rank, int ranks, std::vector<PointRows>& sets) const {
  const auto numbers = members(draw, rank, ranks);
  const bool slopes = data_.directions.size() > 0;
  for (std::size_t side = 0; side < kSides; ++side) {
    PointTerms terms;
    (slopes ? terms.first : terms.value)[side] = true;
    PointRows& rows = sets.emplace_back(group_, terms, static_cast<index_t>(numbers[side].size()));
    if (slopes) rows.step = box_.normalize_lengths(h);
    for (std::size_t i = 0; i < numbers[side].size(); ++i) {
      const Vec3<double> x = data_.points[static_cast<index_t>(numbers[side][i])];
      rows.set(static_cast<index_t>(i), box_.normalize(x), row(numbers[side][i], static_cast<int>(side), h));
    }
  }
}

}  // namespace nbm
