#pragma once
#include "core/simd_table.hpp"
#include "nbm/network/siren_point.hpp"
#include "nbm/rows/point_row.hpp"

// Residuals of batches of rows and their gradients by the network's parameters, compiled for each SIMD level.
// Every kernel returns the sum of squared residuals and, unless `gradient` is null, adds sum_i r_i dr_i/dparameters.
// `memory` is the caller's, aligned to 64 bytes; the *_workspace functions tell how many numbers it must hold.
namespace nbm {

struct DifferenceRowsView {  // row_sets.hpp: DifferenceRows
  const double* x[kDim];
  const double* value;
  const double* first[kDim];
  const double* second[kDim];
  const double* rhs;
};

struct PointRowsView {  // row_sets.hpp: PointRows
  const double* x[kDim];
  const double* weight[kSides][kPointTerms];  // null: the rows do not have the term
  const double* rhs;
  bool touches[kSides];
  bool has_differences;
};

struct StencilEntriesView {  // of one network
  const index_t* begin;
  const double* x[kDim];
  const double* weight;
};
struct StencilRowsView {  // row_sets.hpp: StencilRows, or some of its networks
  const StencilEntriesView* network;
  int networks;
  const double* rhs;
};

constexpr int kRowColumns = 4;      // packs of points computed together where values are wanted
constexpr int kStencilColumns = 2;  // packs of stencil entries computed together: rows are short
constexpr int kStencilBlock = 4;    // stencil rows computed together, so that packs fill up

template <class S>
struct TrainingKernels {
  int pack_size;
  double (*difference_rows)(const SirenView<S>& net, const DifferenceRowsView& rows, index_t begin, index_t end,
                            double* gradient, S* memory);
  double (*point_rows)(const SirenView<S>* nets, const PointRowsView& rows, index_t begin, index_t end,
                       double* const* gradient, S* memory);
  // nets, gradient: of the networks of `rows`; most_entries: of one of them in any kStencilBlock consecutive rows.
  double (*stencil_rows)(const SirenView<S>* nets, const StencilRowsView& rows, index_t begin, index_t end,
                         index_t most_entries, double* const* gradient, S* memory);
};

// Parameters of a network, from its layer sizes.
template <class S>
NBM_HD int parameter_count(const SirenView<S>& net) {
  int count = net.width[net.depth - 1] + 1;
  for (int l = 0; l < net.depth; ++l) count += net.layer_size(l);
  return count;
}

// Lengths of `memory` in units of a pack.
template <class S>
NBM_HD index_t difference_rows_workspace(const SirenView<S>& net) {
  return parameter_count(net) + siren_workspace(net.width, net.depth, kQuantities);
}
template <class S>
NBM_HD index_t point_rows_workspace(const SirenView<S>& net) {  // kRowColumns < kQuantities
  return kSides * difference_rows_workspace(net);
}
template <class S>
NBM_HD index_t stencil_groups(index_t entries, int pack_size) {
  return (entries + kStencilColumns * pack_size - 1) / (kStencilColumns * pack_size);
}
template <class S>
NBM_HD index_t stencil_rows_workspace(const SirenView<S>& net, int networks, index_t most_entries, int pack_size) {
  const index_t group = siren_workspace(net.width, net.depth, kStencilColumns) + kStencilColumns;
  return networks * (parameter_count(net) + stencil_groups<S>(most_entries, pack_size) * group);
}

NBM_SIMD_TABLE(ByPrecision<TrainingKernels>, training_kernels);

}  // namespace nbm
