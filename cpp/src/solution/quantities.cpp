#include "nbm/solution/quantities.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "nbm/core/error.hpp"
#include "nbm/solution/quadrature.hpp"
#include "solution/extrema.hpp"
#include "solution/looks.hpp"

namespace nbm {
namespace {

constexpr index_t kFewestCells = 8, kMostCells = 512;
constexpr double kMargin = 1.5;   // where the grid converges more slowly than by its second order
constexpr double kHidden = 0.41;  // sqrt(2) - 1: a triangle across a right angle is shorter than both legs by that

// A density at the points of a rule, of one look at u: its numbers, one after the other for each point.
template <class Value>
using Density = std::function<std::vector<Value>(const QuadratureRule&, const Look&)>;

double dot_of(double a, double b) { return a * b; }
Vec3<double> dot_of(Vec3<double> a, Vec3<double> b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }  // by component
template <class Map>
double mapped(double v, Map map) {
  return map(v);
}
template <class Map>
Vec3<double> mapped(Vec3<double> v, Map map) {
  return {map(v.x), map(v.y), map(v.z)};
}
double largest(double v) { return v; }
double largest(Vec3<double> v) {  // NaN is the largest
  double most = 0.0;
  for (const double each : {v.x, v.y, v.z}) most = each > most || std::isnan(each) ? each : most;
  return most;
}
template <class Value>
Value size_of(Value v) {
  return mapped(v, [](double each) { return std::abs(each); });
}

double size_of_all(const std::vector<QuadratureRule>& rules) {
  double size = 0.0;
  for (const QuadratureRule& rule : rules) size += rule.size();
  return size > 0.0 ? size : std::numeric_limits<double>::quiet_NaN();
}

// What edges of the interface may hide of an integral.
template <class Value>
Value of_rough(const QuadratureRule& rule, const std::vector<Value>& density) {
  Value sum{};
  for (std::size_t i = 0; i < rule.rough.size(); ++i) {
    if (rule.rough[i] != 0) sum = sum + kHidden * std::abs(rule.weights[i]) * size_of(density[i]);
  }
  return sum;
}

template <class Value>
Value weighted(const QuadratureRule& rule, const std::vector<Value>& density) {
  Value sum{};
  for (std::size_t i = 0; i < density.size(); ++i) sum = sum + rule.weights[i] * density[i];
  return sum;
}

void require_surface(const Domain& domain) {
  if (!domain.is_surface()) throw InvalidArgument("through", "is no surface: give the interface, walls or a level set");
}
void require_volume(const Domain& domain) {
  if (domain.is_surface()) throw InvalidArgument("over", "is a surface: give the box or one of its sides");
}

std::vector<double> weighted(const Field& weight, const QuadratureRule& rule, std::vector<double> values) {
  std::vector<double> factor(values.size());
  evaluate_finite(weight, "weight", rule.points.view(), factor);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] *= factor[i];
  return values;
}

}  // namespace

Domain Domain::wall(int face) {
  if (face < 0 || face >= kBoxFaces) {
    throw InvalidArgument("face", "must be 0 to 5 (-x, +x, -y, +y, -z, +z), got " + std::to_string(face));
  }
  Domain domain{.kind = Kind::walls};
  domain.faces[static_cast<std::size_t>(face)] = true;
  return domain;
}

Domain Domain::walls() {
  Domain domain{.kind = Kind::walls};
  domain.faces.fill(true);
  return domain;
}

void Domain::validate() const {
  if (side && kind != Kind::interface) {
    throw InvalidArgument("side", "is for the interface; elsewhere u is taken as it is there");
  }
  if (near && kind != Kind::interface && kind != Kind::level_set) {
    throw InvalidArgument("near", "is for the interface and level sets; leave it out");
  }
}

struct Quantities::State {
  Problem problem;
  Solution solution;
  index_t cells;
  ThreadPool pool;
  std::optional<std::array<Quadrature, 2>> cut;  // of the solution's level set, fine and coarse; made when asked for
  std::optional<Looks> made;

  std::array<Quadrature, 2> quadratures_of(const Field& level_set, const char* name) {
    return {Quadrature(problem.box, level_set, cells, pool, name),
            Quadrature(problem.box, level_set, cells / 2, pool, name)};
  }
  const std::array<Quadrature, 2>& own_quadratures() {
    if (!cut) cut = quadratures_of(solution.level_set(), "level_set");
    return *cut;
  }
  const Looks& seen() {
    if (!made) made.emplace(problem, solution, pool);
    return *made;
  }

  // By the finer quadrature and by the coarser one.
  std::array<std::vector<QuadratureRule>, 2> rules_of(const Domain& domain);
  std::vector<QuadratureRule> rules_of(const Domain& domain, const Quadrature& quadrature) const;

  template <class Value>
  QuantityOf<Value> integrate(const Domain& domain, const Density<Value>& density, bool gradient, bool mean);

  // mu or k, of the side of the rule or of each point.
  std::vector<double> coefficient(Field Medium::*field, const QuadratureRule& rule) const;
  std::vector<double> fluxes(const QuadratureRule& rule, const Look& look) const;
  std::vector<double> energies(const QuadratureRule& rule, const Look& look) const;
};

std::array<std::vector<QuadratureRule>, 2> Quantities::State::rules_of(const Domain& domain) {
  domain.validate();
  if (domain.kind == Domain::Kind::level_set) {
    const auto of_other = quadratures_of(domain.level_set, "through");
    return {rules_of(domain, of_other[0]), rules_of(domain, of_other[1])};
  }
  const auto& quadratures = own_quadratures();
  return {rules_of(domain, quadratures[0]), rules_of(domain, quadratures[1])};
}

std::vector<QuadratureRule> Quantities::State::rules_of(const Domain& domain, const Quadrature& quadrature) const {
  using Kind = Domain::Kind;
  switch (domain.kind) {
    case Kind::box: return {quadrature.volume(Side::minus), quadrature.volume(Side::plus)};
    case Kind::minus: return {quadrature.volume(Side::minus)};
    case Kind::plus: return {quadrature.volume(Side::plus)};
    case Kind::walls: return {quadrature.walls(domain.faces, Side::minus), quadrature.walls(domain.faces, Side::plus)};
    case Kind::interface:
    case Kind::level_set: break;
  }
  std::optional<Side> side;  // of another surface each point takes its own
  if (domain.kind == Kind::interface) side = domain.side.value_or(Side::plus);
  const QuadratureRule rule = quadrature.interface(side);
  return {domain.near ? rule.near(*domain.near) : rule};
}

template <class Value>
QuantityOf<Value> Quantities::State::integrate(const Domain& domain, const Density<Value>& density, bool gradient,
                                               bool mean) {
  const auto rules = rules_of(domain);
  const Looks& looks = seen();
  Value of_solution{}, by_grid{}, by_coarse_grid{}, by_coarse_rule{}, chance{}, edges{};
  const double patch = std::pow(looks.coarse_cell(), domain.is_surface() ? kDim - 1 : kDim);
  for (const QuadratureRule& rule : rules[0]) {
    const auto three = looks.all(rule.points.view(), rule.side, gradient, pool);
    const auto own = density(rule, three[0]), fine = density(rule, three[1]), coarse = density(rule, three[2]);
    of_solution = of_solution + weighted(rule, own);
    by_grid = by_grid + weighted(rule, fine);
    by_coarse_grid = by_coarse_grid + weighted(rule, coarse);
    // Fluxes are the same through a short cut: its area vector is that of both legs.
    if (!gradient) edges = edges + of_rough(rule, own);
    for (std::size_t i = 0; i < fine.size(); ++i) {
      const Value d = fine[i] - coarse[i];
      chance = chance + patch * std::abs(rule.weights[i]) * dot_of(d, d);
    }
  }
  for (const QuadratureRule& rule : rules[1]) {
    const Look look = looks.look(Looks::By::solution, rule.points.view(), rule.side, gradient, pool);
    by_coarse_rule = by_coarse_rule + weighted(rule, density(rule, look));
  }
  const double size = mean ? size_of_all(rules[0]) : 1.0, coarse_size = mean ? size_of_all(rules[1]) : 1.0;
  const auto share = [&](Value v) { return (1.0 / size) * v; };
  QuantityOf<Value> out;
  out.value = share(of_solution);
  out.quadrature = largest(size_of(out.value - (1.0 / coarse_size) * by_coarse_rule) + share(edges));
  out.grid = largest(share(size_of(of_solution - by_grid)));
  out.change = largest(share(
      kMargin * (size_of(by_grid - by_coarse_grid) + mapped(chance, [](double square) { return std::sqrt(square); }))));
  return out;
}

std::vector<double> Quantities::State::coefficient(Field Medium::*field, const QuadratureRule& rule) const {
  const PointsView points = rule.points.view();
  std::vector<double> values(rule.weights.size());
  if (rule.side) {
    (problem.medium(*rule.side).*field).evaluate(points, values);
    return values;
  }
  std::vector<double> of_plus(values.size()), phi(values.size());
  (problem.minus.*field).evaluate(points, values);
  (problem.plus.*field).evaluate(points, of_plus);
  solution.level_set().evaluate(points, phi);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = phi[i] < 0.0 ? values[i] : of_plus[i];
  return values;
}

std::vector<double> Quantities::State::fluxes(const QuadratureRule& rule, const Look& look) const {
  std::vector<double> out = coefficient(&Medium::mu, rule);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] *= dot(look.gradient_at(i), rule.normals[static_cast<index_t>(i)]);
  }
  return out;
}

std::vector<double> Quantities::State::energies(const QuadratureRule& rule, const Look& look) const {
  const std::vector<double> mu = coefficient(&Medium::mu, rule), k = coefficient(&Medium::k, rule);
  std::vector<double> out(mu.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Vec3<double> g = look.gradient_at(i);
    out[i] = 0.5 * (mu[i] * dot(g, g) + k[i] * look.u[i] * look.u[i]);
  }
  return out;
}

Quantities::Quantities(Problem problem, Solution solution, index_t cells, int threads) {
  if (!(problem.box == solution.box())) throw InvalidArgument("problem", "its box is not that of the solution");
  if (cells < kFewestCells || cells > kMostCells) {
    throw InvalidArgument("cells", "must be in [8, 512], got " + std::to_string(cells));
  }
  state_.reset(new State{std::move(problem), std::move(solution), cells, ThreadPool(threads), {}, {}});
}

Quantities::~Quantities() = default;
Quantities::Quantities(Quantities&&) noexcept = default;
Quantities& Quantities::operator=(Quantities&&) noexcept = default;

Quantity Quantities::flux(const Domain& surface, const Field& weight) {
  require_surface(surface);
  const auto density = [&](const QuadratureRule& rule, const Look& look) {
    return weighted(weight, rule, state_->fluxes(rule, look));
  };
  return state_->integrate<double>(surface, density, true, false);
}

Quantity Quantities::integral(const Domain& domain, const Field& weight) {
  const auto density = [&](const QuadratureRule& rule, const Look& look) { return weighted(weight, rule, look.u); };
  return state_->integrate<double>(domain, density, false, false);
}

Quantity Quantities::mean(const Domain& domain) {
  return state_->integrate<double>(
      domain, [](const QuadratureRule& /*rule*/, const Look& look) { return look.u; }, false, true);
}

Quantity Quantities::measure(const Domain& domain) {
  const auto rules = state_->rules_of(domain);
  std::array<double, 2> size{};
  double edges = 0.0;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    for (const QuadratureRule& rule : rules[i]) size[i] += rule.size();
  }
  for (const QuadratureRule& rule : rules[0]) edges += of_rough(rule, std::vector<double>(rule.weights.size(), 1.0));
  return {.value = size[0], .quadrature = std::abs(size[0] - size[1]) + edges};
}

Quantity Quantities::energy(const Domain& volume) {
  require_volume(volume);
  return state_->integrate<double>(
      volume, [&](const QuadratureRule& rule, const Look& look) { return state_->energies(rule, look); }, true, false);
}

VectorQuantity Quantities::mean_flux(const Domain& volume) {
  require_volume(volume);
  const auto density = [&](const QuadratureRule& rule, const Look& look) {
    const std::vector<double> mu = state_->coefficient(&Medium::mu, rule);
    std::vector<Vec3<double>> values(mu.size());
    for (std::size_t i = 0; i < mu.size(); ++i) values[i] = mu[i] * look.gradient_at(i);
    return values;
  };
  return state_->integrate<Vec3<double>>(volume, density, true, true);
}

VectorQuantity Quantities::force(const Domain& surface) {
  require_surface(surface);
  const auto density = [&](const QuadratureRule& rule, const Look& look) {
    const std::vector<double> flux = state_->fluxes(rule, look), energy = state_->energies(rule, look);
    std::vector<Vec3<double>> values(flux.size());
    for (std::size_t i = 0; i < flux.size(); ++i) {
      values[i] = flux[i] * look.gradient_at(i) - energy[i] * rule.normals[static_cast<index_t>(i)];
    }
    return values;
  };
  return state_->integrate<Vec3<double>>(surface, density, true, false);
}

Extremum Quantities::extremum(bool largest, std::optional<Side> side) {
  const double sign = largest ? 1.0 : -1.0;
  const Quadrature& quadrature = state_->own_quadratures()[0];
  const Looks& looks = state_->seen();
  ThreadPool& pool = state_->pool;
  std::optional<Summit> best;
  Extremum out;
  for (const Side each : {Side::minus, Side::plus}) {
    if (side.value_or(each) != each) continue;
    const auto start = highest(looks, quadrature, each, sign, pool);
    if (!start) continue;
    const Summit found = climb(looks, Looks::By::solution, quadrature, each, start->place, sign, pool);
    if (best && sign * found.u <= sign * best->u) continue;
    best = found;
    out.side = each;
  }
  if (!best) throw InvalidArgument("side", "the problem has no such side");
  const auto seen_by = [&](Looks::By by) { return climb(looks, by, quadrature, out.side, best->place, sign, pool).u; };
  const double by_grid = seen_by(Looks::By::grid), by_coarse_grid = seen_by(Looks::By::coarse_grid);
  out.value = best->u;
  out.place = best->place;
  out.grid = std::abs(best->u - by_grid);
  out.change = kMargin * std::abs(by_grid - by_coarse_grid);
  return out;
}

}  // namespace nbm
