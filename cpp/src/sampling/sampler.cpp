#include "nbm/sampling/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "nbm/core/error.hpp"
#include "nbm/sampling/classify.hpp"
#include "nbm/sampling/resolution.hpp"
#include "problem/periods.hpp"
#include "sample_tasks.hpp"

namespace nbm {
namespace {

constexpr index_t kBlock = 512;    // points that are made and classified together
constexpr index_t kGrain = 2048;   // least points of a task
constexpr index_t kProbes = 4096;  // candidates that measure the acceptance
constexpr double kMostCandidates = 20.0;
constexpr index_t kCountLimit = index_t{1} << 27;  // with kMostCandidates below the 2^32 points of a Sobol sequence

double& coordinate(Points& points, int axis, index_t i) {
  auto& values = axis == 0 ? points.x : axis == 1 ? points.y : points.z;
  return values[static_cast<std::size_t>(i)];
}

void check_count(const char* name, index_t count) {
  if (count >= 0 && count < kCountLimit) return;
  throw InvalidArgument(name, "must be from 0 to 2^27 - 1 points a draw, got " + std::to_string(count));
}

void check_share(index_t draw, int rank, int ranks) {
  if (draw < 0) throw InvalidArgument("draw", "must be at least 0, got " + std::to_string(draw));
  if (ranks < 1 || rank < 0 || rank >= ranks) {
    throw InvalidArgument(
        "rank", "must be from 0 to ranks - 1, got rank " + std::to_string(rank) + " of " + std::to_string(ranks));
  }
}

std::vector<std::uint8_t> kinds_of(const Field& level_set, const Points& points, Vec3<double> h) {
  std::vector<std::uint8_t> kind(points.x.size());
  classify(level_set, points.view(), h, kind);
  return kind;
}

}  // namespace

void SampleCounts::validate() const {
  check_count("regular", regular);
  check_count("irregular", irregular);
  check_count("boundary", boundary);
}

void SampleSet::append(const SampleSet& other) {
  for (std::size_t side = 0; side < kSides; ++side) {
    append_points(regular[side], other.regular[side]);
    append_points(boundary[side], other.boundary[side]);
  }
  append_points(irregular, other.irregular);
}

struct Sampler::State {
  Box box;
  std::array<bool, kDim> periodic;
  Field level_set;
  SampleCounts counts;
  std::uint64_t seed;
  InterfaceSampler interface;
  PointDensity density;
  std::mutex mutex;
  std::map<std::tuple<double, double, double>, Acceptance> known;

  State(const Problem& problem, SampleCounts wanted, std::uint64_t random_seed, ThreadPool& pool, PointShares shares)
      : box(problem.box),
        periodic(problem.periodic_axes()),
        level_set(problem.level_set),
        counts(wanted),
        seed(random_seed),
        interface(problem.box, problem.level_set, pool),
        density(problem, interface.pieces(), shares, pool) {}

  Points spread_block(index_t first, index_t count, const ScrambledSobol& sobol, Vec3<double> h) const;
  SampleSet regular_part(IndexRange range, const ScrambledSobol& sobol, Vec3<double> h) const;
  SampleSet by_side_part(IndexRange range, const ScrambledSobol& sobol, Vec3<double> h) const;
  SampleSet irregular_part(IndexRange range, const ScrambledSobol& sobol, Vec3<double> h) const;
  SampleSet boundary_part(IndexRange range, index_t draw) const;
  std::array<index_t, kBoxFaces + 1> face_begin() const;
};

Points Sampler::State::spread_block(index_t first, index_t count, const ScrambledSobol& sobol, Vec3<double> h) const {
  Points points(count);
  const Vec3<double> inset = inset_of(periodic, h);
  if (!density.even()) {
    const Vec3<double> edge = box.edge();
    const DensityView view = density.view();
    for (int axis = 0; axis < kDim; ++axis) {
      fill_low_discrepancy(sobol, first, count, axis, &coordinate(points, axis, 0));
    }
    for (index_t i = 0; i < count; ++i) points.set(i, dense_center(box, edge, inset, at_density(view, points[i])));
    return points;
  }
  for (int axis = 0; axis < kDim; ++axis) {
    double* x = &coordinate(points, axis, 0);
    fill_low_discrepancy(sobol, first, count, axis, x);
    const double lower = box.lower[axis], edge = box.edge()[axis], size = inset[axis];
    for (index_t i = 0; i < count; ++i) x[i] = cell_center(lower, edge, size, x[i]);
  }
  return points;
}

SampleSet Sampler::State::regular_part(IndexRange range, const ScrambledSobol& sobol, Vec3<double> h) const {
  if (level_set.constant() != nullptr) return by_side_part(range, sobol, h);
  SampleSet set;
  for (index_t first = range.begin; first < range.end; first += kBlock) {
    const Points points = spread_block(first, std::min(kBlock, range.end - first), sobol, h);
    const std::vector<std::uint8_t> kind = kinds_of(level_set, points, h);
    for (index_t i = 0; i < points.size(); ++i) {
      const auto k = static_cast<CellKind>(kind[static_cast<std::size_t>(i)]);
      if (k != CellKind::irregular) set.regular[static_cast<std::size_t>(k)].push_back(points[i]);
    }
  }
  return set;
}

SampleSet Sampler::State::by_side_part(IndexRange range, const ScrambledSobol& sobol, Vec3<double> h) const {
  SampleSet set;
  std::vector<double> phi;
  for (index_t first = range.begin; first < range.end; first += kBlock) {
    const Points points = spread_block(first, std::min(kBlock, range.end - first), sobol, h);
    phi.resize(points.x.size());
    evaluate_finite(level_set, "level_set", points.view(), phi);
    for (index_t i = 0; i < points.size(); ++i) {
      const Side side = side_of(phi[static_cast<std::size_t>(i)]);
      set.regular[static_cast<std::size_t>(index_of(side))].push_back(points[i]);
    }
  }
  return set;
}

SampleSet Sampler::State::irregular_part(IndexRange range, const ScrambledSobol& sobol, Vec3<double> h) const {
  const InterfacePoints on = interface.draw(range, sobol);
  const Vec3<double> inset = inset_of(periodic, h);
  Points candidates;
  for (index_t i = 0; i < on.size(); ++i) {
    const index_t number = on.number[static_cast<std::size_t>(i)];
    const Vec3<double> point = folded(
        box, periodic, beside_interface(on.points[i], on.normals[i], h, low_discrepancy(sobol, number, kOffsetDim)));
    if (stays_inside(box, point, inset, kIrregularReach)) candidates.push_back(point);
  }
  const std::vector<std::uint8_t> kind = kinds_of(level_set, candidates, h);
  SampleSet set;
  for (index_t i = 0; i < candidates.size(); ++i) {
    if (static_cast<CellKind>(kind[static_cast<std::size_t>(i)]) == CellKind::irregular) {
      set.irregular.push_back(candidates[i]);
    }
  }
  return set;
}

// Numbers of the boundary points by face: -x, +x, -y, +y, -z, +z. Nothing is asked for on periodic ones.
std::array<index_t, kBoxFaces + 1> Sampler::State::face_begin() const {
  const Vec3<double> edge = box.edge();
  std::array<double, kDim> area = {edge.y * edge.z, edge.z * edge.x, edge.x * edge.y};
  for (std::size_t axis = 0; axis < kDim; ++axis) area[axis] = periodic[axis] ? 0.0 : area[axis];
  const double total = 2.0 * (area[0] + area[1] + area[2]);
  std::array<index_t, kBoxFaces + 1> begin{};
  if (total == 0.0) return begin;
  double sum = 0.0;
  for (std::size_t face = 0; face < kBoxFaces; ++face) {
    sum += area[face / 2];
    begin[face + 1] = std::llround(static_cast<double>(counts.boundary) * (sum / total));
  }
  begin[kBoxFaces] = counts.boundary;
  return begin;
}

SampleSet Sampler::State::boundary_part(IndexRange range, index_t draw) const {
  const std::array<index_t, kBoxFaces + 1> begin = face_begin();
  Points points;
  for (int face = 0; face < kBoxFaces; ++face) {
    const auto f = static_cast<std::size_t>(face);
    const ScrambledSobol sobol = make_sobol(seed, Stream::boundary, boundary_draw(draw, face));
    for (index_t i = std::max(range.begin, begin[f]); i < std::min(range.end, begin[f + 1]); ++i) {
      const index_t n = i - begin[f];
      points.push_back(face_point(box, face, low_discrepancy(sobol, n, 0), low_discrepancy(sobol, n, 1)));
    }
  }
  std::vector<double> phi(points.x.size());
  evaluate_finite(level_set, "level_set", points.view(), phi);
  SampleSet set;
  for (index_t i = 0; i < points.size(); ++i) {
    set.boundary[static_cast<std::size_t>(index_of(side_of(phi[static_cast<std::size_t>(i)])))].push_back(points[i]);
  }
  return set;
}

Sampler::Sampler(const Problem& problem, SampleCounts counts, std::uint64_t seed, ThreadPool& pool,
                 PointShares shares) {
  problem.box.validate();
  counts.validate();
  state_ = std::make_unique<State>(problem, counts, seed, pool, shares);
}

Sampler::~Sampler() = default;
Sampler::Sampler(Sampler&&) noexcept = default;
Sampler& Sampler::operator=(Sampler&&) noexcept = default;

bool Sampler::has_interface() const { return !state_->interface.empty(); }
const InterfaceSampler& Sampler::interface() const { return state_->interface; }
const PointDensity& Sampler::density() const { return state_->density; }
const SampleCounts& Sampler::counts() const { return state_->counts; }
std::array<index_t, kBoxFaces + 1> Sampler::face_begin() const { return state_->face_begin(); }

Acceptance Sampler::acceptance(Vec3<double> cell_size, ThreadPool& pool) const {
  validate_cell_size(cell_size, state_->box);
  const std::tuple key(cell_size.x, cell_size.y, cell_size.z);
  {
    const std::lock_guard lock(state_->mutex);
    if (const auto found = state_->known.find(key); found != state_->known.end()) return found->second;
  }
  Acceptance share;
  if (has_interface()) {
    const ScrambledSobol sobol = make_sobol(state_->seed, Stream::acceptance, 0);
    const SampleSet kept = run_parts<SampleSet>({0, kProbes}, kBlock, pool, [&](IndexRange part) {
      SampleSet set = state_->regular_part(part, sobol, cell_size);
      set.append(state_->irregular_part(part, sobol, cell_size));
      return set;
    });
    const auto probes = static_cast<double>(kProbes);
    share.regular = static_cast<double>(kept.regular[0].size() + kept.regular[1].size()) / probes;
    share.irregular = static_cast<double>(kept.irregular.size()) / probes;
  }
  const std::lock_guard lock(state_->mutex);
  return state_->known.emplace(key, share).first->second;
}

Sampler::Candidates Sampler::candidates(Vec3<double> cell_size, ThreadPool& pool, int rank, int ranks) const {
  const Acceptance kept = acceptance(cell_size, pool);
  const auto enough = [&](index_t wanted, double share) {
    const double factor = std::min(kMostCandidates, 1.0 / std::max(share, 1.0 / kMostCandidates));
    return share_of(std::llround(static_cast<double>(wanted) * factor), rank, ranks);
  };
  const SampleCounts& wanted = state_->counts;
  return {enough(wanted.regular, kept.regular),
          has_interface() ? enough(wanted.irregular, kept.irregular) : IndexRange{},
          share_of(wanted.boundary, rank, ranks)};
}

SampleSet Sampler::draw(index_t draw, Vec3<double> cell_size, ThreadPool& pool, int rank, int ranks) const {
  check_share(draw, rank, ranks);
  const Candidates numbers = candidates(cell_size, pool, rank, ranks);
  const State& state = *state_;
  const ScrambledSobol regular = make_sobol(state.seed, Stream::regular, draw);
  SampleSet set = run_parts<SampleSet>(numbers.regular, kGrain, pool,
                                       [&](IndexRange part) { return state.regular_part(part, regular, cell_size); });
  if (has_interface()) {
    const ScrambledSobol irregular = make_sobol(state.seed, Stream::irregular, draw);
    set.append(run_parts<SampleSet>(numbers.irregular, kBlock, pool,
                                    [&](IndexRange part) { return state.irregular_part(part, irregular, cell_size); }));
  }
  set.append(run_parts<SampleSet>(numbers.boundary, kGrain, pool,
                                  [&](IndexRange part) { return state.boundary_part(part, draw); }));
  return set;
}

SampleSet Sampler::draw_by_side(index_t draw, Vec3<double> cell_size, ThreadPool& pool, int rank, int ranks) const {
  check_share(draw, rank, ranks);
  validate_cell_size(cell_size, state_->box);
  const State& state = *state_;
  const ScrambledSobol sobol = make_sobol(state.seed, Stream::regular, draw);
  SampleSet set = run_parts<SampleSet>(share_of(state.counts.regular, rank, ranks), kGrain, pool,
                                       [&](IndexRange part) { return state.by_side_part(part, sobol, cell_size); });
  set.append(run_parts<SampleSet>(share_of(state.counts.boundary, rank, ranks), kGrain, pool,
                                  [&](IndexRange part) { return state.boundary_part(part, draw); }));
  return set;
}

InterfacePoints Sampler::draw_interface(index_t draw, index_t count, ThreadPool& pool, int rank, int ranks) const {
  check_share(draw, rank, ranks);
  check_count("count", count);
  return state_->interface.draw(share_of(count, rank, ranks), state_->seed, Stream::interface, draw, pool);
}

}  // namespace nbm
