#include "training/value_units.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "nbm/rows/assemble.hpp"
#include "problem/periods.hpp"
#include "problem/probes.hpp"

namespace nbm {
namespace {

constexpr index_t kProbes = 4096;

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Mean and standard deviation of the numbers that are finite.
struct Statistics {
  double mean = 0.0, spread = 0.0, count = 0.0;

  explicit Statistics(const std::vector<double>& values) {
    for (const double v : values) {
      if (!std::isfinite(v)) continue;
      count += 1.0;
      mean += v;
    }
    if (count == 0.0) return;
    mean /= count;
    for (const double v : values) {
      if (std::isfinite(v)) spread += (v - mean) * (v - mean);
    }
    spread = std::sqrt(spread / count);
  }
};

std::vector<double> values_at(const Field& field, const Points& points) {
  std::vector<double> values(points.x.size());
  field.evaluate(points.view(), values);
  return values;
}

std::array<Points, kSides> by_side(const Points& points, const std::vector<double>& phi) {
  std::array<Points, kSides> sides;
  for (index_t i = 0; i < points.size(); ++i) sides[phi[at(i)] < 0.0 ? 0 : 1].push_back(points[i]);
  return sides;
}

// What the data of a problem say of the size of u.
class Estimate {
 public:
  explicit Estimate(const Problem& problem) : problem_(problem) {
    const Points inside = probes_inside(problem.box, kProbes), faces = probes_on_faces(problem.box, kProbes / 4);
    const std::vector<double> phi = values_at(problem.level_set, inside);
    inside_ = by_side(inside, phi);
    faces_ = by_side(faces, values_at(problem.level_set, faces));
    for (std::size_t s = 0; s < kSides; ++s) look_at_walls(s);
    interface_ = probes_on_interface(problem.level_set, inside, phi, kProbes / 4);
    const Vec3<double> edge = problem.box.edge();
    for (std::size_t s = 0; s < kSides; ++s) {
      const double share = static_cast<double>(inside_[s].size()) / static_cast<double>(kProbes);
      radius_[s] = std::cbrt(3.0 / (4.0 * std::numbers::pi) * share * edge.x * edge.y * edge.z);
      mu_[s] = Statistics(values_at(medium(s).mu, inside_[s])).mean;
    }
  }

  ValueScale scale() const {
    ValueScale values;
    const Statistics jump(values_at(problem_.jump_u, interface_));
    std::array<Statistics, kSides> boundary = {Statistics(on_walls_[0]), Statistics(on_walls_[1])};
    const bool enclosed[kSides] = {boundary[0].count == 0.0, boundary[1].count == 0.0};
    values.shift[0] = enclosed[0] ? boundary[1].mean - jump.mean : boundary[0].mean;
    values.shift[1] = enclosed[1] ? boundary[0].mean + jump.mean : boundary[1].mean;
    const double size =
        std::max({boundary[0].spread, boundary[1].spread, jump.spread, raised_by_source(0, enclosed[0]),
                  raised_by_source(1, enclosed[1]), raised_by_flux(enclosed), raised_by_walls(), raised_by_periods()});
    if (size > 0.0) {
      values.scale = size;
    } else if (values.shift[0] != 0.0 || values.shift[1] != 0.0) {
      values.scale = std::max(std::abs(values.shift[0]), std::abs(values.shift[1]));  // u is constant on each side
    }
    return values;
  }

 private:
  const Medium& medium(std::size_t side) const { return problem_.medium(static_cast<Side>(side)); }

  // In a ball as large as the side f raises u by f R^2 / 6 mu against its surface, and an enclosed one by f R^2 / 3 mu
  // of the other side against a far wall; k holds it below f / k.
  double raised_by_source(std::size_t side, bool enclosed) const {
    const Points& points = inside_[side];
    const std::vector<double> f = values_at(medium(side).f, points), mu = values_at(medium(side).mu, points),
                              k = values_at(medium(side).k, points);
    const double square = radius_[side] * radius_[side];
    std::vector<double> rise(f.size());
    for (std::size_t i = 0; i < f.size(); ++i) {
      rise[i] = std::abs(f[i]) * square / (6.0 * mu[i]);
      if (enclosed && mu_[1 - side] > 0.0) rise[i] += std::abs(f[i]) * square / (3.0 * mu_[1 - side]);
      if (k[i] > 0.0) rise[i] = std::min(rise[i], std::abs(f[i]) / k[i]);
    }
    return Statistics(rise).mean;
  }

  // A flux jump on a ball as large as the enclosed side raises u by beta R / mu of the other one.
  double raised_by_flux(const bool (&enclosed)[kSides]) const {
    std::vector<double> beta = values_at(problem_.jump_flux, interface_);
    for (double& value : beta) value = std::abs(value);
    const double mean = Statistics(beta).mean;
    if (mean == 0.0) return 0.0;
    for (std::size_t s = 0; s < kSides; ++s) {
      if (enclosed[s]) return mean * radius_[s] / mu_[1 - s];
    }
    return mean * std::max(radius_[0], radius_[1]) / (mu_[0] + mu_[1]);
  }

  // u where walls give it, and that of the surroundings where it is exchanged; fluxes given.
  void look_at_walls(std::size_t side) {
    for (const WallPoints& on : by_wall(problem_, faces_[side])) {
      if (on.wall < 0) {
        const std::vector<double> given = values_at(medium(side).boundary, on.points);
        on_walls_[side].insert(on_walls_[side].end(), given.begin(), given.end());
        continue;
      }
      const WallValues law = evaluate_wall(problem_.walls, on.wall, static_cast<Side>(side), on.points.view());
      for (std::size_t i = 0; i < on.number.size(); ++i) {
        if (law.transfer[i] > 0.0) on_walls_[side].push_back(law.ambient[i]);
        fluxes_[side].push_back(std::abs(law.flux[i]));
      }
    }
  }

  // A flux raises u by flux L / 2 mu over half of the box.
  double raised_by_walls() const {
    const Vec3<double> edge = problem_.box.edge();
    double most = 0.0;
    for (std::size_t s = 0; s < kSides; ++s) {
      const double length = half_of_longest_edge(edge);
      if (!fluxes_[s].empty() && mu_[s] > 0.0) most = std::max(most, Statistics(fluxes_[s]).mean * length / mu_[s]);
    }
    return most;
  }

  double raised_by_periods() const {
    const Vec3<double> ramp = jump_ramp(problem_);
    return std::max({std::abs(ramp.x), std::abs(ramp.y), std::abs(ramp.z)});
  }

  const Problem& problem_;
  std::array<Points, kSides> inside_, faces_;
  std::array<std::vector<double>, kSides> on_walls_, fluxes_;
  Points interface_;
  double radius_[kSides];  // of balls of the sides' volumes
  double mu_[kSides];      // means
};

// change(weight), change_bias(side, bias) for the output layers.
template <class Weight, class Bias>
void change_outputs(const Siren& siren, const NetworkMap& map, std::span<double> parameters, const Weight& weight,
                    const Bias& bias) {
  const auto count = at(siren.parameter_count()), inputs = at(siren.hidden.back());
  for (index_t n = 0; n < map.size(); ++n) {
    const auto side = at(index_of(map.side_of(n)));
    const std::span<double> network = parameters.subspan(at(n) * count, count);
    for (double& w : network.subspan(count - 1 - inputs, inputs)) w = weight(w);
    network.back() = bias(side, network.back());
  }
}

}  // namespace

ValueScale value_scale_of(const TrainingOptions& options, const Problem& problem) {
  ValueScale values;
  if (!options.value_scale || !options.value_shift) values = Estimate(problem).scale();
  if (options.value_scale) values.scale = *options.value_scale;
  if (options.value_shift) std::copy(options.value_shift->begin(), options.value_shift->end(), values.shift);
  return values;
}

void to_values(const Siren& siren, const NetworkMap& map, const ValueScale& values, std::span<double> parameters) {
  change_outputs(
      siren, map, parameters, [&](double w) { return values.scale * w; },
      [&](std::size_t side, double c) { return values.scale * c + values.shift[side]; });
}

void from_values(const Siren& siren, const NetworkMap& map, const ValueScale& values, std::span<double> parameters) {
  change_outputs(
      siren, map, parameters, [&](double w) { return w / values.scale; },
      [&](std::size_t side, double c) { return (c - values.shift[side]) / values.scale; });
}

}  // namespace nbm
