#include "nbm/sampling/interface_sampler.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "find_pieces.hpp"
#include "nbm/core/error.hpp"
#include "problem/probes.hpp"
#include "sample_tasks.hpp"
#include "triangulation.hpp"

namespace nbm {
namespace {

constexpr index_t kBlock = 512;  // points that are projected together

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

double longest_edge(const Box& box) {
  const Vec3<double> edge = box.edge();
  return std::max({edge.x, edge.y, edge.z});
}

void check_levels(const char* name, int levels) {
  constexpr int kMostLevels = 10;
  if (levels >= 0 && levels <= kMostLevels) return;
  throw InvalidArgument(name, "must be from 0 to " + std::to_string(kMostLevels) + ", got " + std::to_string(levels));
}

double area_of(const CellTriangle& t) { return std::sqrt(dot(t.area, t.area)); }

// The level set and its gradient at points, by central differences.
struct LocalField {
  std::vector<double> phi, ahead, behind, shifted_ahead, shifted_behind;
  std::array<std::vector<double>, kDim> gradient;

  void evaluate(const Field& level_set, const Points& points, double step) {
    const auto n = points.x.size();
    for (auto* v : {&phi, &ahead, &behind, &shifted_ahead, &shifted_behind}) v->resize(n);
    level_set.evaluate(points.view(), phi);
    for (int axis = 0; axis < kDim; ++axis) {
      const std::vector<double>& coordinate = axis == 0 ? points.x : axis == 1 ? points.y : points.z;
      for (std::size_t i = 0; i < n; ++i) {
        shifted_ahead[i] = coordinate[i] + step;
        shifted_behind[i] = coordinate[i] - step;
      }
      const auto view = [&](const std::vector<double>& shifted) {
        PointsView v = points.view();
        (axis == 0 ? v.x : axis == 1 ? v.y : v.z) = shifted.data();
        return v;
      };
      level_set.evaluate(view(shifted_ahead), ahead);
      level_set.evaluate(view(shifted_behind), behind);
      auto& slope = gradient[static_cast<std::size_t>(axis)];
      slope.resize(n);
      for (std::size_t i = 0; i < n; ++i)
        slope[i] = central_slope(ahead[i], behind[i], shifted_ahead[i], shifted_behind[i]);
    }
  }
  Vec3<double> gradient_at(std::size_t i) const { return {gradient[0][i], gradient[1][i], gradient[2][i]}; }
};

// A point on its way to the interface.
struct Traveller {
  index_t number;
  Vec3<double> at;
  Vec3<double> normal{};
  Travel state = Travel::moving;
};

}  // namespace

bool has_interface(const Problem& problem, ThreadPool& pool) {
  if (problem.level_set.constant() != nullptr) return false;
  constexpr index_t kProbes = 4096;
  const Points probes = probes_inside(problem.box, kProbes);
  std::vector<double> phi(probes.x.size());
  evaluate_finite(problem.level_set, "level_set", probes.view(), phi);
  const auto minus = std::count_if(phi.begin(), phi.end(), [](double value) { return value < 0.0; });
  if (minus != 0 && minus != kProbes) return true;
  const InterfaceOptions options;
  return !search_interface(SearchGrid(problem.box, options.cells), problem.level_set, options, pool).cells.empty();
}

void InterfacePoints::append(const InterfacePoints& other) {
  append_points(points, other.points);
  append_points(normals, other.normals);
  number.insert(number.end(), other.number.begin(), other.number.end());
}

InterfaceSampler::InterfaceSampler(const Box& box, Field level_set, ThreadPool& pool, InterfaceOptions options)
    : level_set_(std::move(level_set)) {
  box.validate();
  if (options.cells < 1) throw InvalidArgument("cells", "must be at least 1, got " + std::to_string(options.cells));
  check_levels("levels", options.levels);
  check_levels("most_levels", options.most_levels);
  search_ = {box, longest_edge(box), longest_edge(box) / options.cells};
  const SearchGrid grid(box, options.cells);
  const FoundInterface found = search_interface(grid, level_set_, options, pool);
  pieces_ = find_pieces(grid, found.nodes, found.cells);
  share_points(triangulate_cells(grid, found.cells, pool), interface_pieces(pieces_, found.cells));
}

void InterfaceSampler::share_points(std::vector<CellTriangle> triangles,
                                    const std::vector<std::int32_t>& piece_of_cell) {
  // Triangles without area, at corners where the level set vanishes, would only cost memory.
  std::erase_if(triangles, [](const CellTriangle& t) { return area_of(t) <= 0.0; });
  const auto piece = [&](const CellTriangle& t) { return at(piece_of_cell[at(t.cell)]); };
  std::stable_sort(triangles.begin(), triangles.end(),
                   [&](const CellTriangle& a, const CellTriangle& b) { return piece(a) < piece(b); });
  std::vector<double> area(triangles.empty() ? 0 : piece(triangles.back()) + 1, 0.0);
  for (const CellTriangle& t : triangles) area[piece(t)] += area_of(t);
  double roots = 0.0;
  for (const double a : area) {
    area_ += a;
    roots += std::sqrt(a);
  }
  triangles_.reserve(triangles.size());
  area_vectors_.reserve(triangles.size());
  cumulative_share_.reserve(triangles.size());
  double sum = 0.0;
  for (const CellTriangle& t : triangles) {
    const double a = area[piece(t)];
    triangles_.push_back(t.corners);
    area_vectors_.push_back(t.area);
    cumulative_share_.push_back(sum += area_of(t) * (std::sqrt(a) / roots * area_ / a));
  }
}

InterfacePoints InterfaceSampler::draw(IndexRange range, std::uint64_t seed, Stream stream, index_t draw,
                                       ThreadPool& pool) const {
  const ScrambledSobol sobol = make_sobol(seed, stream, draw);
  return run_parts<InterfacePoints>(range, kBlock, pool, [&](IndexRange part) { return this->draw(part, sobol); });
}

InterfacePoints InterfaceSampler::draw(IndexRange range, const ScrambledSobol& sobol) const {
  InterfacePoints result;
  if (empty()) return result;
  for (index_t first = range.begin; first < range.end; first += kBlock) {
    project_block({first, std::min(first + kBlock, range.end)}, sobol, result);
  }
  return result;
}

void InterfaceSampler::project_block(IndexRange block, const ScrambledSobol& sobol, InterfacePoints& result) const {
  std::vector<Traveller> travellers;
  for (index_t i = block.begin; i < block.end; ++i) {
    const double chosen = low_discrepancy(sobol, i, 0) * cumulative_share_.back();
    const index_t found = first_above(cumulative_share_.data(), triangle_count(), chosen);
    const Triangle& triangle = triangles_[static_cast<std::size_t>(found)];
    const double s = low_discrepancy(sobol, i, 1), t = low_discrepancy(sobol, i, 2);
    travellers.push_back({i, triangle_point(triangle.data(), s, t)});
  }
  std::vector<std::size_t> active(travellers.size());
  std::iota(active.begin(), active.end(), std::size_t{0});
  LocalField field;
  for (int step = 0; step <= kNewtonSteps && !active.empty(); ++step) {
    Points at;
    for (const std::size_t a : active) at.push_back(travellers[a].at);
    field.evaluate(level_set_, at, search_.difference_step());
    std::vector<std::size_t> moving;
    for (std::size_t i = 0; i < active.size(); ++i) {
      Traveller& t = travellers[active[i]];
      t.state = newton_step(search_, field.phi[i], field.gradient_at(i), t.at, t.normal);
      if (t.state == Travel::moving) moving.push_back(active[i]);
    }
    active = std::move(moving);
  }
  for (const Traveller& t : travellers) {
    if (t.state != Travel::arrived) continue;
    result.points.push_back(t.at);
    result.normals.push_back(t.normal);
    result.number.push_back(t.number);
  }
}

}  // namespace nbm
