#include "solution/krylov.hpp"

#include <algorithm>
#include <cmath>

namespace nbm {
namespace {

constexpr index_t kMostDirections = 24;
constexpr index_t kDirectionValues = index_t{1} << 24;  // numbers in all directions kept: 256 MB with their images

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// y += factor x.
void add(double factor, std::span<const double> x, std::span<double> y, ThreadPool& pool) {
  for_ranges(static_cast<index_t>(x.size()), pool, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) y[at(i)] += factor * x[at(i)];
  });
}

void scale(double factor, std::span<double> x, ThreadPool& pool) {
  for_ranges(static_cast<index_t>(x.size()), pool, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) x[at(i)] *= factor;
  });
}

double norm(std::span<const double> x, ThreadPool& pool) { return std::sqrt(dot<double>(x, x, pool)); }

// r = b - A x.
void residual_of(const LinearMap& map, std::span<const double> b, std::span<const double> x, std::span<double> r,
                 ThreadPool& pool) {
  map(x, r);
  for_ranges(static_cast<index_t>(b.size()), pool, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) r[at(i)] = b[at(i)] - r[at(i)];
  });
}

struct Direction {
  std::vector<double> p, image;  // |image| = 1
};

}  // namespace

std::vector<double> solve_gcr(const LinearMap& map, std::span<const double> b, std::span<double> x,
                              const Preconditioner& precondition, const KrylovOptions& options, ThreadPool& pool) {
  const std::size_t n = b.size();
  const auto kept = static_cast<std::size_t>(
      std::clamp(kDirectionValues / std::max<index_t>(1, static_cast<index_t>(n)), index_t{6}, kMostDirections));
  std::vector<double> r(n);
  std::vector<Direction> directions;
  residual_of(map, b, x, r, pool);
  std::vector<double> history{norm(r, pool) / options.size};
  std::size_t next = 0;  // the oldest direction, which the next one replaces
  for (index_t step = 0; step < options.most_steps && history.back() > options.tolerance; ++step) {
    if (directions.size() < kept) directions.emplace_back(Direction{std::vector<double>(n), std::vector<double>(n)});
    Direction& now = directions[next % directions.size()];
    const std::size_t own = next % directions.size();
    next = own + 1 == kept ? 0 : own + 1;
    precondition(r, now.p);
    map(now.p, now.image);
    for (std::size_t d = 0; d < directions.size(); ++d) {
      if (d == own) continue;
      const double overlap = dot<double>(now.image, directions[d].image, pool);
      add(-overlap, directions[d].image, now.image, pool);
      add(-overlap, directions[d].p, now.p, pool);
    }
    const double size = norm(now.image, pool);
    if (!(size > 0.0) || !std::isfinite(size)) break;
    scale(1.0 / size, now.image, pool);
    scale(1.0 / size, now.p, pool);
    const double along = dot<double>(now.image, r, pool);
    add(along, now.p, x, pool);
    add(-along, now.image, r, pool);
    history.push_back(norm(r, pool) / options.size);
    // Where constants are held weakly, what round-off makes of the recurrence is more than the tolerance: again then.
    if (history.back() > options.tolerance) continue;
    residual_of(map, b, x, r, pool);
    history.back() = norm(r, pool) / options.size;
    directions.clear();
    next = 0;
  }
  residual_of(map, b, x, r, pool);
  history.push_back(norm(r, pool) / options.size);
  return history;
}

}  // namespace nbm
