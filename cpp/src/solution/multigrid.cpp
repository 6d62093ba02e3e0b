#include "solution/multigrid.hpp"

#include <algorithm>
#include <cmath>

#include "solution/aggregation.hpp"

namespace nbm {
namespace {

constexpr int kPasses = 3;                   // aggregates of up to eight
constexpr index_t kCoarsest = 300;           // unknowns that are solved for directly
constexpr index_t kMostBlocks = 16;          // of the smoother
constexpr double kRounding = 1e-6;           // of the coarsest problem, in single precision
constexpr double kUnmoved = 1e30;            // pivot of an unknown that it says nothing of
constexpr double kGoodEnough = 0.25 * 0.25;  // squared reduction with which a coarse problem is left

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

}  // namespace

struct Multigrid::Level {
  std::vector<float> own_value;  // of the first level, whose structure is the caller's
  CoarseMatrix own;              // of the others
  MatrixView<float> matrix;
  std::vector<float> inverse_diagonal;
  TaskPartition blocks;
  Aggregation aggregation;  // to the next level; empty on the last
  // b: right side, destroyed by cycles; x: result; r: residual of x
  std::vector<float> b, x, r;
  std::vector<float> first, first_image, image;  // of the two Krylov steps, but for the first level

  void finish(bool first_level) {
    const index_t n = matrix.rows;
    blocks = TaskPartition::of(n, kRowsPerTask, kMostBlocks);
    inverse_diagonal.resize(at(n));
    for (index_t i = 0; i < n; ++i) {
      float diagonal = 0.0f;
      for (index_t e = matrix.begin[i]; e < matrix.begin[i + 1]; ++e) {
        if (matrix.column[e] == i) diagonal += matrix.value[e];
      }
      inverse_diagonal[at(i)] = diagonal != 0.0f ? 1.0f / diagonal : 0.0f;
    }
    for (auto* vector : {&b, &x, &r}) vector->resize(at(n));
    if (!first_level) {
      for (auto* vector : {&first, &first_image, &image}) vector->resize(at(n));
    }
  }
};

// LU factors with partial pivoting of the coarsest matrix.
struct Multigrid::Dense {
  index_t n;
  std::vector<double> lu;
  std::vector<index_t> pivot;

  Dense(const MatrixView<float>& matrix, bool singular) : n(matrix.rows), lu(at(n * n)), pivot(at(n)) {
    for (index_t i = 0; i < n; ++i) {
      for (index_t e = matrix.begin[i]; e < matrix.begin[i + 1]; ++e) {
        lu[at(i * n + matrix.column[e])] += static_cast<double>(matrix.value[e]);
      }
    }
    std::vector<double> largest(at(n));  // of the entries of each row
    for (index_t i = 0; i < n; ++i) {
      for (index_t j = 0; j < n; ++j) largest[at(i)] = std::max(largest[at(i)], std::abs(lu[at(i * n + j)]));
    }
    for (index_t k = 0; k < n; ++k) {
      index_t best = k;
      for (index_t i = k + 1; i < n; ++i) {
        if (std::abs(lu[at(i * n + k)]) > std::abs(lu[at(best * n + k)])) best = i;
      }
      pivot[at(k)] = best;
      if (best != k) std::swap_ranges(&lu[at(k * n)], &lu[at(k * n)] + n, &lu[at(best * n)]);
      double& diagonal = lu[at(k * n + k)];
      // A row of zeros, if the matrix is singular up to the rounding of single precision: its unknown stays as it is.
      const double least = singular ? kRounding * largest[at(best)] : 0.0;
      if (std::abs(diagonal) <= least) diagonal = kUnmoved;
      std::swap(largest[at(k)], largest[at(best)]);
      for (index_t i = k + 1; i < n; ++i) {
        const double factor = lu[at(i * n + k)] /= diagonal;
        if (factor == 0.0) continue;
        for (index_t j = k + 1; j < n; ++j) lu[at(i * n + j)] -= factor * lu[at(k * n + j)];
      }
    }
  }

  void solve(const std::vector<float>& b, std::vector<float>& x) const {
    std::vector<double> y(b.begin(), b.end());
    for (index_t k = 0; k < n; ++k) {
      std::swap(y[at(k)], y[at(pivot[at(k)])]);
    }
    for (index_t i = 0; i < n; ++i) {
      for (index_t j = 0; j < i; ++j) y[at(i)] -= lu[at(i * n + j)] * y[at(j)];
    }
    for (index_t i = n - 1; i >= 0; --i) {
      for (index_t j = i + 1; j < n; ++j) y[at(i)] -= lu[at(i * n + j)] * y[at(j)];
      y[at(i)] /= lu[at(i * n + i)];
    }
    for (index_t i = 0; i < n; ++i) x[at(i)] = static_cast<float>(y[at(i)]);
  }
};

Multigrid::Multigrid(const MatrixView<double>& matrix, std::span<const double> scale, ThreadPool& pool, bool singular)
    : pool_(pool), scale_(scale.begin(), scale.end()) {
  double largest = 0.0;
  for (const double s : scale_) largest = std::max(largest, std::abs(s));
  for (double& s : scale_) s /= largest;
  auto first = std::make_unique<Level>();
  const auto entries = static_cast<std::size_t>(matrix.begin[matrix.rows]);
  first->own_value.resize(entries);
  for_ranges(matrix.rows, pool, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) {
      for (index_t e = matrix.begin[i]; e < matrix.begin[i + 1]; ++e) {
        first->own_value[at(e)] = static_cast<float>(scale_[at(i)] * matrix.value[e]);
      }
    }
  });
  first->matrix = {matrix.rows, matrix.begin, matrix.column, first->own_value.data()};
  first->finish(true);
  levels_.push_back(std::move(first));
  while (levels_.back()->matrix.rows > kCoarsest) {
    Level& fine = *levels_.back();
    Aggregation aggregation = aggregate_pairwise(fine.matrix, kPasses, pool);
    if (aggregation.count == 0 || aggregation.count > fine.matrix.rows * 3 / 4) break;
    auto coarse = std::make_unique<Level>();
    coarse->own = galerkin(fine.matrix, aggregation, pool);
    coarse->matrix = coarse->own.view();
    coarse->finish(false);
    fine.aggregation = std::move(aggregation);
    levels_.push_back(std::move(coarse));
  }
  if (levels_.back()->matrix.rows <= 4 * kCoarsest)
    coarsest_ = std::make_unique<Dense>(levels_.back()->matrix, singular);
}

Multigrid::~Multigrid() = default;

index_t Multigrid::levels() const { return static_cast<index_t>(levels_.size()); }

double Multigrid::complexity() const {
  double entries = 0.0;
  for (const auto& level : levels_) entries += static_cast<double>(level->matrix.begin[level->matrix.rows]);
  return entries / static_cast<double>(levels_[0]->matrix.begin[levels_[0]->matrix.rows]);
}

// x = (L + D)^-1 b from x = 0, block by block: no block reads what another writes.
void Multigrid::smooth_forward(Level& level) {
  const MatrixView<float>& a = level.matrix;
  pool_.run(level.blocks.tasks, [&](index_t block) {
    const index_t begin = level.blocks.begin(block), end = level.blocks.end(block);
    float* const x = level.x.data();
    for (index_t i = begin; i < end; ++i) {
      float sum = level.b[at(i)];
      for (index_t e = a.begin[i]; e < a.begin[i + 1]; ++e) {
        const index_t j = a.column[e];
        if (j < i && j >= begin) sum -= a.value[e] * x[j];
      }
      x[i] = sum * level.inverse_diagonal[at(i)];
    }
  });
}

// x += (U + D)^-1 r.
void Multigrid::smooth_backward(Level& level) {
  const MatrixView<float>& a = level.matrix;
  residual<float>(a, level.b, level.x, level.r, pool_);
  pool_.run(level.blocks.tasks, [&](index_t block) {
    const index_t begin = level.blocks.begin(block), end = level.blocks.end(block);
    float* const r = level.r.data();  // becomes the correction from the last row on
    for (index_t i = end - 1; i >= begin; --i) {
      float sum = r[i];
      for (index_t e = a.begin[i]; e < a.begin[i + 1]; ++e) {
        const index_t j = a.column[e];
        if (j > i && j < end) sum -= a.value[e] * r[j];
      }
      r[i] = sum * level.inverse_diagonal[at(i)];
      level.x[at(i)] += r[i];
    }
  });
}

// One cycle for A x = b on a level.
void Multigrid::cycle(std::size_t depth) {
  Level& level = *levels_[depth];
  if (depth + 1 == levels_.size()) {
    if (coarsest_) return coarsest_->solve(level.b, level.x);
    smooth_forward(level);
    return smooth_backward(level);
  }
  Level& coarse = *levels_[depth + 1];
  smooth_forward(level);
  residual<float>(level.matrix, level.b, level.x, level.r, pool_);
  std::fill(coarse.b.begin(), coarse.b.end(), 0.0f);
  for (std::size_t i = 0; i < level.r.size(); ++i) {
    const std::int32_t a = level.aggregation.aggregate[i];
    if (a != kNoAggregate) coarse.b[at(a)] += level.r[i];
  }
  solve_coarse(depth + 1);
  for_ranges(level.matrix.rows, pool_, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) {
      const std::int32_t a = level.aggregation.aggregate[at(i)];
      if (a != kNoAggregate) level.x[at(i)] += coarse.x[at(a)];
    }
  });
  smooth_backward(level);
}

// Up to two steps of a flexible method that minimises the residual, each with a cycle as preconditioner.
void Multigrid::solve_coarse(std::size_t depth) {
  Level& level = *levels_[depth];
  if (depth + 1 == levels_.size()) return cycle(depth);
  const auto n = static_cast<index_t>(level.b.size());
  cycle(depth);
  multiply<float>(level.matrix, level.x, level.first_image, pool_);
  const double before = dot<float>(level.b, level.b, pool_);
  const double size = dot<float>(level.first_image, level.first_image, pool_);
  if (!(size > 0.0)) return;
  const double step = dot<float>(level.first_image, level.b, pool_) / size;
  const auto s = static_cast<float>(step);
  for_ranges(n, pool_, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) {
      level.b[at(i)] -= s * level.first_image[at(i)];
      level.x[at(i)] *= s;
    }
  });
  if (dot<float>(level.b, level.b, pool_) <= kGoodEnough * before) return;
  level.first.swap(level.x);  // first: s times the first direction
  cycle(depth);
  multiply<float>(level.matrix, level.x, level.image, pool_);
  const double overlap = dot<float>(level.image, level.first_image, pool_) / size;
  const double own = dot<float>(level.image, level.image, pool_) - overlap * overlap * size;
  const double second = own > 0.0 ? dot<float>(level.image, level.b, pool_) / own : 0.0;
  // image minus its part along the first image is reached by x - overlap * (first direction)
  const auto t = static_cast<float>(second);
  const auto back = static_cast<float>(step != 0.0 ? 1.0 - second * overlap / step : 1.0);
  for_ranges(n, pool_, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) level.x[at(i)] = back * level.first[at(i)] + t * level.x[at(i)];
  });
}

void Multigrid::apply(std::span<const double> residual, std::span<double> correction) {
  Level& level = *levels_[0];
  const auto n = static_cast<index_t>(residual.size());
  // Single precision has no room for residuals of any size: work on one of size 1.
  const double size = std::sqrt(dot<double>(residual, residual, pool_));
  const double scale = size > 0.0 ? 1.0 / size : 1.0;
  for_ranges(n, pool_, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) level.b[at(i)] = static_cast<float>(scale * scale_[at(i)] * residual[at(i)]);
  });
  cycle(0);
  for_ranges(n, pool_, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) correction[at(i)] = static_cast<double>(level.x[at(i)]) / scale;
  });
}

}  // namespace nbm
