#include "solution/aggregation.hpp"

#include <algorithm>
#include <limits>

namespace nbm {
namespace {

constexpr float kStrong = 0.25f;  // of the strongest coupling of the weaker of two unknowns

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// The strongest coupling of every unknown; 0 for those with none, which need no coarse unknown.
std::vector<float> strongest_couplings(const MatrixView<float>& matrix, ThreadPool& pool) {
  std::vector<float> strongest(at(matrix.rows));
  for_ranges(matrix.rows, pool, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) {
      float most = 0.0f;
      for (index_t e = matrix.begin[i]; e < matrix.begin[i + 1]; ++e) {
        if (matrix.column[e] != i) most = std::max(most, -matrix.value[e]);
      }
      strongest[at(i)] = most;
    }
  });
  return strongest;
}

// Pairs every unknown with the free neighbour that it is coupled to most; the first of equals, so that a regular grid
// is paired regularly.
Aggregation pair(const MatrixView<float>& matrix, ThreadPool& pool) {
  const std::vector<float> strongest = strongest_couplings(matrix, pool);
  Aggregation pairs{std::vector<std::int32_t>(at(matrix.rows), kNoAggregate), 0};
  for (index_t i = 0; i < matrix.rows; ++i) {
    if (pairs.aggregate[at(i)] != kNoAggregate || strongest[at(i)] == 0.0f) continue;
    index_t partner = i;
    float most = 0.0f;
    for (index_t e = matrix.begin[i]; e < matrix.begin[i + 1]; ++e) {
      const index_t j = matrix.column[e];
      const float coupling = -matrix.value[e];
      if (j == i || coupling <= most || pairs.aggregate[at(j)] != kNoAggregate || strongest[at(j)] == 0.0f) continue;
      if (coupling < kStrong * std::min(strongest[at(i)], strongest[at(j)])) continue;
      partner = j;
      most = coupling;
    }
    pairs.aggregate[at(i)] = pairs.aggregate[at(partner)] = static_cast<std::int32_t>(pairs.count++);
  }
  return pairs;
}

// The members of every aggregate, ascending: entries [begin[a], begin[a + 1]) of `member`.
struct Members {
  std::vector<index_t> begin;
  std::vector<std::int32_t> member;
};

Members members_of(const Aggregation& aggregation) {
  Members out;
  out.begin.assign(at(aggregation.count) + 1, 0);
  for (const std::int32_t a : aggregation.aggregate) {
    if (a != kNoAggregate) ++out.begin[at(a) + 1];
  }
  for (std::size_t a = 0; a < at(aggregation.count); ++a) out.begin[a + 1] += out.begin[a];
  out.member.resize(at(out.begin.back()));
  std::vector<index_t> next(out.begin.begin(), out.begin.end() - 1);
  for (std::size_t i = 0; i < aggregation.aggregate.size(); ++i) {
    const std::int32_t a = aggregation.aggregate[i];
    if (a != kNoAggregate) out.member[at(next[at(a)]++)] = static_cast<std::int32_t>(i);
  }
  return out;
}

}  // namespace

CoarseMatrix galerkin(const MatrixView<float>& matrix, const Aggregation& aggregation, ThreadPool& pool) {
  const Members members = members_of(aggregation);
  const TaskPartition cut = TaskPartition::of(aggregation.count, kRowsPerTask, 16);
  std::vector<CoarseMatrix> part(at(cut.tasks));
  pool.run(cut.tasks, [&](index_t task) {
    CoarseMatrix& out = part[at(task)];
    std::vector<index_t> entry(at(aggregation.count), -1);  // where a column of the present row is
    for (index_t a = cut.begin(task); a < cut.end(task); ++a) {
      const auto row = static_cast<index_t>(out.column.size());
      for (index_t m = members.begin[at(a)]; m < members.begin[at(a + 1)]; ++m) {
        const index_t i = members.member[at(m)];
        for (index_t e = matrix.begin[i]; e < matrix.begin[i + 1]; ++e) {
          const std::int32_t column = aggregation.aggregate[at(matrix.column[e])];
          if (column == kNoAggregate) continue;
          index_t& position = entry[at(column)];
          if (position < row) {
            position = static_cast<index_t>(out.column.size());
            out.column.push_back(column);
            out.value.push_back(0.0f);
          }
          out.value[at(position)] += matrix.value[e];
        }
      }
      out.begin.push_back(static_cast<index_t>(out.column.size()));
    }
  });
  CoarseMatrix coarse;
  std::size_t entries = 0;
  for (const CoarseMatrix& p : part) entries += p.column.size();
  coarse.begin.reserve(at(aggregation.count) + 1);
  coarse.column.reserve(entries);
  coarse.value.reserve(entries);
  coarse.begin.push_back(0);
  for (CoarseMatrix& p : part) {
    const auto offset = static_cast<index_t>(coarse.column.size());
    for (const index_t end : p.begin) coarse.begin.push_back(offset + end);
    coarse.column.insert(coarse.column.end(), p.column.begin(), p.column.end());
    coarse.value.insert(coarse.value.end(), p.value.begin(), p.value.end());
    p = {};
  }
  return coarse;
}

Aggregation aggregate_pairwise(const MatrixView<float>& matrix, int passes, ThreadPool& pool) {
  Aggregation joined = pair(matrix, pool);
  CoarseMatrix coarse;
  for (int pass = 1; pass < passes; ++pass) {
    coarse = pass == 1 ? galerkin(matrix, joined, pool) : std::move(coarse);
    const Aggregation next = pair(coarse.view(), pool);
    for (std::int32_t& a : joined.aggregate) {
      if (a != kNoAggregate) a = next.aggregate[at(a)];
    }
    joined.count = next.count;
    if (pass + 1 < passes) coarse = galerkin(coarse.view(), next, pool);
  }
  return joined;
}

}  // namespace nbm
