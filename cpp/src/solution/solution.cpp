#include "nbm/solution/solution.hpp"

#include <algorithm>
#include <cmath>

#include "nbm/core/error.hpp"
#include "network/argument_bound.hpp"
#include "solution/network_split.hpp"
#include "solution/side_split.hpp"

namespace nbm {
namespace {

constexpr double kLargestArgument = 1e9;  // up to which our sine is exact (core/sincos.hpp)
constexpr index_t kBatch = 1 << 17;       // points held sorted at a time: bounds the scratch to a few MB

constexpr std::array kBothSides = {Side::minus, Side::plus};

void require_size(const char* name, std::size_t size, PointsView points) {
  if (size != static_cast<std::size_t>(points.size)) {
    throw InvalidArgument(
        name, "holds " + std::to_string(size) + " values where there are " + std::to_string(points.size) + " points");
  }
}

void require_sizes(std::span<const double> values, const Solution::Gradient& gradient, PointsView points) {
  require_size("values", values.size(), points);
  for (const auto& component : gradient) require_size("gradient", component.size(), points);
}

std::span<double> part(std::span<double> values, index_t first, index_t count) {
  return values.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
}

// run(first, batch) for consecutive batches of the points.
template <class Run>
void for_batches(PointsView points, Run&& run) {
  for (index_t first = 0; first < points.size; first += kBatch) {
    run(first, points.slice(first, std::min(kBatch, points.size - first)));
  }
}

Points from_network(const Box& box, PointsView points) {
  const Vec3<double> center = box.center(), edge = box.edge();
  Points placed(points.size);
  for (index_t i = 0; i < points.size; ++i) {
    const Vec3<double> p = points[i];
    placed.set(i, {center.x + 0.5 * edge.x * p.x, center.y + 0.5 * edge.y * p.y, center.z + 0.5 * edge.z * p.z});
  }
  return placed;
}

// d/dx = (d xhat / dx) d/dxhat of the affine map onto network coordinates.
void to_box_coordinates(const Box& box, const Solution::Gradient& gradient) {
  const Vec3<double> edge = box.edge();
  for (int axis = 0; axis < kDim; ++axis) {
    for (double& derivative : gradient[static_cast<std::size_t>(axis)]) derivative *= 2.0 / edge[axis];
  }
}

}  // namespace

Solution::Solution(Box box, Field level_set, Siren siren, std::vector<double> parameters, Info info,
                   NetworkMap network_map)
    : box_(box),
      level_set_(std::move(level_set)),
      siren_(std::move(siren)),
      parameters_(std::move(parameters)),
      info_(std::move(info)),
      network_map_(std::move(network_map)) {
  box_.validate();
  siren_.validate();
  const index_t expected = network_map_.size() * siren_.parameter_count();
  if (static_cast<index_t>(parameters_.size()) != expected) {
    throw InvalidArgument("parameters", "holds " + std::to_string(parameters_.size()) + " numbers where " +
                                            (network_map_.one_a_side() ? "two" : std::to_string(network_map_.size())) +
                                            " networks need " + std::to_string(expected));
  }
  for (index_t network = 0; network < network_map_.size(); ++network) {
    if (!(argument_bound(siren_, this->parameters(network)) <= kLargestArgument)) {
      throw InvalidArgument("parameters", "holds NaN, infinity or numbers beyond what a sine network can be given");
    }
  }
}

Solution::Solution(Box box, Field level_set, SidedGrid grid, Info info)
    : Solution(box, std::move(level_set), Siren{.hidden = {1}},
               std::vector<double>(kSides * Siren{.hidden = {1}}.parameter_count()), std::move(info)) {
  *this = corrected(std::move(grid));
}

Solution Solution::corrected(SidedGrid correction) const {
  if (!(correction.box() == box_)) throw InvalidArgument("correction", "its grid spans another box than the solution");
  Solution out = *this;
  out.correction_ = std::move(correction);
  return out;
}

Solution Solution::of_expansion(Box box, Field level_set, Expansion expansion, Info info) {
  const Siren nothing{.hidden = {1}};
  return Solution(box, std::move(level_set), nothing,
                  std::vector<double>(static_cast<std::size_t>(kSides * nothing.parameter_count())), std::move(info))
      .expanded(std::move(expansion));
}

Solution Solution::expanded(Expansion expansion) const {
  Solution out = *this;
  out.expansion_ = expansion.empty() ? nullptr : std::make_shared<const Expansion>(std::move(expansion));
  return out;
}

Solution Solution::uncorrected() const {
  Solution out = *this;
  out.correction_.reset();
  out.info_.erase("correction_cells");
  return out;
}

Solution Solution::centered(ThreadPool& pool) const {
  constexpr index_t kCells = 48, kNodes = kCells + 1;
  Points nodes(kNodes * kNodes * kNodes);
  std::vector<double> weight(nodes.x.size()), u(nodes.x.size());
  const Vec3<double> step = (1.0 / kCells) * box_.edge();
  for (index_t n = 0; n < nodes.size(); ++n) {
    const index_t place[kDim] = {n / (kNodes * kNodes), n / kNodes % kNodes, n % kNodes};
    Vec3<double> x = box_.lower;
    weight[static_cast<std::size_t>(n)] = 1.0 / (kCells * kCells * kCells);
    for (int axis = 0; axis < kDim; ++axis) {
      x[axis] += step[axis] * static_cast<double>(place[axis]);
      if (place[axis] % kCells == 0) weight[static_cast<std::size_t>(n)] *= 0.5;
    }
    nodes.set(n, x);
  }
  evaluate(nodes.view(), u, pool);
  double mean = 0.0;
  for (std::size_t i = 0; i < u.size(); ++i) mean += weight[i] * u[i];
  Solution out = *this;
  const auto networks = static_cast<std::size_t>(network_map_.size()), count = parameters_.size() / networks;
  for (std::size_t n = 1; n <= networks; ++n) out.parameters_[n * count - 1] -= mean;  // the output biases
  return out;
}

Solution Solution::networks() const {
  Solution out = uncorrected();
  out.expansion_.reset();
  return out;
}

bool Solution::is_zero() const {
  const bool silent = std::all_of(parameters_.begin(), parameters_.end(), [](double p) { return p == 0.0; });
  return silent && !expansion_ && !correction_;
}

std::span<const double> Solution::parameters(index_t network) const {
  const std::size_t count = parameters_.size() / static_cast<std::size_t>(network_map_.size());
  return std::span(parameters_).subspan(static_cast<std::size_t>(network) * count, count);
}

void Solution::evaluate_networks(Side side, PointsView network_points, std::span<double> values, ThreadPool& pool,
                                 Precision precision) const {
  const std::array outputs = {values};
  for_each_network(network_map_, side, network_points, outputs, [&](index_t network, PointsView points, auto out) {
    evaluate_network(siren_, parameters(network), points, out[0], precision, pool);
  });
}

void Solution::evaluate_network_gradients(Side side, PointsView network_points, std::span<double> values,
                                          Gradient gradient, ThreadPool& pool, Precision precision) const {
  const std::array outputs = {values, gradient[0], gradient[1], gradient[2]};
  for_each_network(network_map_, side, network_points, outputs, [&](index_t network, PointsView points, auto out) {
    evaluate_network_gradient(siren_, parameters(network), points, out[0], {out[1], out[2], out[3]}, precision, pool);
  });
}

void Solution::evaluate(PointsView points, std::span<double> values, ThreadPool& pool, Precision precision) const {
  require_size("values", values.size(), points);
  std::vector<double> sorted(static_cast<std::size_t>(std::min(kBatch, points.size)));
  for_batches(points, [&](index_t first, PointsView batch) {
    const SideSplit split(box_, level_set_, batch, pool);
    for (const Side side : kBothSides) {
      evaluate_networks(side, split.points(side), split.part(side, sorted), pool, precision);
      add_expansion(side, split.points(side), split.part(side, sorted), pool);
      if (correction_) correction_->add(side, split.points(side), split.part(side, sorted), pool);
    }
    split.scatter(sorted, part(values, first, batch.size), pool);
  });
}

void Solution::evaluate_gradient(PointsView points, std::span<double> values, Gradient gradient, ThreadPool& pool,
                                 Precision precision) const {
  require_sizes(values, gradient, points);
  const auto size = static_cast<std::size_t>(std::min(kBatch, points.size));
  std::vector<double> u(size), ux(size), uy(size), uz(size);
  for_batches(points, [&](index_t first, PointsView batch) {
    const SideSplit split(box_, level_set_, batch, pool);
    for (const Side side : kBothSides) {
      evaluate_network_gradients(side, split.points(side), split.part(side, u),
                                 {split.part(side, ux), split.part(side, uy), split.part(side, uz)}, pool, precision);
      if (correction_) {
        correction_->add_gradient(side, split.points(side), split.part(side, u),
                                  {split.part(side, ux), split.part(side, uy), split.part(side, uz)}, pool);
      }
    }
    to_box_coordinates(box_, {part(ux, 0, batch.size), part(uy, 0, batch.size), part(uz, 0, batch.size)});
    for (const Side side : kBothSides) {
      add_expansion_gradient(side, split.points(side), split.part(side, u),
                             {split.part(side, ux), split.part(side, uy), split.part(side, uz)}, pool);
    }
    split.scatter(u, part(values, first, batch.size), pool);
    split.scatter(ux, part(gradient[0], first, batch.size), pool);
    split.scatter(uy, part(gradient[1], first, batch.size), pool);
    split.scatter(uz, part(gradient[2], first, batch.size), pool);
  });
}

void Solution::evaluate_side(Side side, PointsView points, std::span<double> values, ThreadPool& pool,
                             Precision precision) const {
  require_size("values", values.size(), points);
  for_batches(points, [&](index_t first, PointsView batch) {
    const Points network_points = normalized(box_, batch, pool);
    evaluate_networks(side, network_points.view(), part(values, first, batch.size), pool, precision);
    add_expansion(side, network_points.view(), part(values, first, batch.size), pool);
    if (correction_) correction_->add(side, network_points.view(), part(values, first, batch.size), pool);
  });
}

void Solution::evaluate_gradient_side(Side side, PointsView points, std::span<double> values, Gradient gradient,
                                      ThreadPool& pool, Precision precision) const {
  require_sizes(values, gradient, points);
  for_batches(points, [&](index_t first, PointsView batch) {
    const Points network_points = normalized(box_, batch, pool);
    const Gradient g = {part(gradient[0], first, batch.size), part(gradient[1], first, batch.size),
                        part(gradient[2], first, batch.size)};
    evaluate_network_gradients(side, network_points.view(), part(values, first, batch.size), g, pool, precision);
    if (correction_) correction_->add_gradient(side, network_points.view(), part(values, first, batch.size), g, pool);
    to_box_coordinates(box_, g);
    add_expansion_gradient(side, network_points.view(), part(values, first, batch.size), g, pool);
  });
}

void Solution::add_expansion(Side side, PointsView network_points, std::span<double> values, ThreadPool& pool) const {
  if (expansion_) expansion_->add(side, from_network(box_, network_points).view(), values, pool);
}

void Solution::add_expansion_gradient(Side side, PointsView network_points, std::span<double> values,
                                      const Gradient& gradient, ThreadPool& pool) const {
  if (expansion_) expansion_->add_gradient(side, from_network(box_, network_points).view(), values, gradient, pool);
}

void Solution::evaluate_differences(Side side, PointsView points, Vec3<double> step,
                                    const NetworkDifferences& differences, ThreadPool& pool) const {
  const Points network_points = normalized(box_, points, pool);
  const auto& [values, first, second] = differences;
  const std::array outputs = {values, first[0], first[1], first[2], second[0], second[1], second[2]};
  for_each_network(network_map_, side, network_points.view(), outputs, [&](index_t network, PointsView at, auto out) {
    evaluate_network_differences(siren_, parameters(network), at, box_.normalize_lengths(step),
                                 {out[0], {out[1], out[2], out[3]}, {out[4], out[5], out[6]}}, pool);
  });
  if (expansion_) {
    expansion_->add_differences(side, points, step, differences.values, differences.first, differences.second, pool);
  }
}

void Solution::jump(PointsView points, std::span<double> values, ThreadPool& pool) const {
  evaluate_side(Side::plus, points, values, pool);
  std::vector<double> minus(values.size());
  evaluate_side(Side::minus, points, minus, pool);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] -= minus[i];
}

void Solution::flux_jump(const Problem& problem, PointsView points, PointsView normals, std::span<double> values,
                         ThreadPool& pool) const {
  require_size("values", values.size(), points);
  require_size("normals", static_cast<std::size_t>(normals.size), points);
  std::vector<double> u(values.size()), ux(u), uy(u), uz(u), mu(u);
  std::fill(values.begin(), values.end(), 0.0);
  for (const Side side : kBothSides) {
    const bool plus = side == Side::plus;
    evaluate_gradient_side(side, points, u, {ux, uy, uz}, pool);
    evaluate_positive(problem.medium(side).mu, plus ? "plus.mu" : "minus.mu", points, mu);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double flux = mu[i] * dot(Vec3<double>{ux[i], uy[i], uz[i]}, normals[static_cast<index_t>(i)]);
      values[i] += plus ? flux : -flux;
    }
  }
}

void Solution::evaluate_level_set(PointsView points, std::span<double> values, ThreadPool& pool) const {
  require_size("values", values.size(), points);
  const auto cut = TaskPartition::of(points.size, 4096);
  pool.run(cut.tasks, [&](index_t task) {
    const index_t first = cut.begin(task), count = cut.end(task) - first;
    evaluate_finite(level_set_, "level_set", points.slice(first, count), part(values, first, count));
  });
}

}  // namespace nbm
