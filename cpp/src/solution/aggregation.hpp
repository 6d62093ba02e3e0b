#pragma once
#include <cstdint>
#include <vector>

#include "solution/sparse_matrix.hpp"

namespace nbm {

// A matrix that owns its entries.
struct CoarseMatrix {
  std::vector<index_t> begin;
  std::vector<std::int32_t> column;
  std::vector<float> value;

  index_t rows() const { return static_cast<index_t>(begin.size()) - 1; }
  MatrixView<float> view() const { return {rows(), begin.data(), column.data(), value.data()}; }
};

// aggregate[i]: the coarse unknown of unknown i, or kNoAggregate for one that has none.
constexpr std::int32_t kNoAggregate = -1;
struct Aggregation {
  std::vector<std::int32_t> aggregate;
  index_t count = 0;
};

// Joins unknowns to groups of up to 2^passes along strong couplings.
Aggregation aggregate_pairwise(const MatrixView<float>& matrix, int passes, ThreadPool& pool);

// P^T A P for the piecewise constant P of the aggregation: rows and columns of an aggregate added.
CoarseMatrix galerkin(const MatrixView<float>& matrix, const Aggregation& aggregation, ThreadPool& pool);

}  // namespace nbm
