// Compiled once for each SIMD level: see cmake/NbmSources.cmake for what may be used here.
#include "training/kernels.hpp"

#include "training/kernel_sums.hpp"
#include "training/point_pass.hpp"

namespace nbm::NBM_SIMD_NAMESPACE {
namespace {

template <class S>
using P = Pack<S, NBM_SIMD_BYTES>;

template <class S>
double difference_rows(const SirenView<S>& net, const DifferenceRowsView& rows, index_t begin, index_t end,
                       double* gradient, S* memory) {
  using T = P<S>;
  const int parameters = parameter_count(net);
  AddSink<T> sink{reinterpret_cast<T*>(memory)};
  T* work = sink.sums + parameters;
  set_zero(sink.sums, parameters);
  double squares = 0;
  for (index_t i = begin; i < end; i += T::size) {
    T x[kDim], weight[kQuantities], out[kQuantities], seed[kQuantities];
    for (int k = 0; k < kDim; ++k) {
      x[k] = load_lanes<T>(rows.x[k], i, end);
      weight[kFirst + k] = load_lanes<T>(rows.first[k], i, end);
      weight[kSecond + k] = load_lanes<T>(rows.second[k], i, end);
    }
    weight[kValue] = load_lanes<T>(rows.value, i, end);
    siren_differences(net, x, work, out);
    T residual = -load_lanes<T>(rows.rhs, i, end);
    for (int q = 0; q < kQuantities; ++q) residual = residual + weight[q] * out[q];
    squares += sum_of_lanes(residual * residual);
    if (gradient == nullptr) continue;
    for (int q = 0; q < kQuantities; ++q) seed[q] = residual * weight[q];
    siren_differences_adjoint(net, x, work, seed, sink);
  }
  if (gradient != nullptr) add_lanes(sink.sums, parameters, gradient);
  return squares;
}

// The weights of a term in `packs` packs of rows; 0 where the rows do not have it.
template <int packs, class T>
NBM_HD void load_weights(const double* from, index_t first, index_t end, T (&weight)[packs]) {
  for (int p = 0; p < packs; ++p) {
    weight[p] = from == nullptr ? T(typename T::Scalar(0)) : load_lanes<T>(from, first + p * T::size, end);
  }
}

// Lanes behind the last row have no weights and no right side.
template <class S, class Pass>
double point_rows(const SirenView<S>* nets, const PointRowsView& rows, index_t begin, index_t end,
                  double* const* gradient, S* memory) {
  using T = P<S>;
  constexpr int packs = Pass::packs, terms = Pass::terms;
  const int parameters = parameter_count(nets[0]);
  const index_t side_memory = parameters + siren_workspace(nets[0].width, nets[0].depth, Pass::columns);
  auto* base = reinterpret_cast<T*>(memory);
  for (int s = 0; s < kSides; ++s) set_zero(base + s * side_memory, parameters);
  double squares = 0;
  for (index_t i = begin; i < end; i += packs * T::size) {
    T x[kDim][packs], weight[kSides][terms][packs], residual[packs];
    for (int k = 0; k < kDim; ++k) load_weights<packs>(rows.x[k], i, end, x[k]);
    load_weights<packs>(rows.rhs, i, end, residual);
    for (int p = 0; p < packs; ++p) residual[p] = -residual[p];
    for (int s = 0; s < kSides; ++s) {
      if (!rows.touches[s]) continue;
      T out[packs][terms];
      Pass::forward(nets[s], x, base + s * side_memory + parameters, out);
      for (int q = 0; q < terms; ++q) {
        load_weights<packs>(rows.weight[s][q], i, end, weight[s][q]);
        for (int p = 0; p < packs; ++p) residual[p] = residual[p] + weight[s][q][p] * out[p][q];
      }
    }
    for (int p = 0; p < packs; ++p) squares += sum_of_lanes(residual[p] * residual[p]);
    for (int s = 0; s < kSides; ++s) {
      if (gradient == nullptr || !rows.touches[s]) continue;
      T seed[packs][terms];
      for (int p = 0; p < packs; ++p) {
        for (int q = 0; q < terms; ++q) seed[p][q] = weight[s][q][p] * residual[p];
      }
      AddSink<T> sink{base + s * side_memory};
      Pass::backward(nets[s], x, base + s * side_memory + parameters, seed, sink);
    }
  }
  for (int s = 0; s < kSides; ++s) {
    if (gradient != nullptr && rows.touches[s]) add_lanes(base + s * side_memory, parameters, gradient[s]);
  }
  return squares;
}

template <class S>
double any_point_rows(const SirenView<S>* nets, const PointRowsView& rows, index_t begin, index_t end,
                      double* const* gradient, S* memory) {
  const auto run =
      rows.has_differences ? point_rows<S, PointPass<true, 1>> : point_rows<S, PointPass<false, kRowColumns>>;
  return run(nets, rows, begin, end, gradient, memory);
}

// One network's part in a block of stencil rows: its entries in groups of packs, each with a workspace of its own, so
// that the backward pass finds what the forward pass kept.
template <class S>
struct StencilPart {
  using T = P<S>;
  static constexpr int columns = kStencilColumns;
  static constexpr int group_size = columns * T::size;

  const SirenView<S>& net;
  const double* const (&x)[kDim];
  AddSink<T> sink;
  T* values;  // [groups][columns]: network values, then seeds
  T* work;    // [groups][workspace]
  index_t workspace;

  NBM_HD void load_group(index_t first, index_t end, T (&points)[kDim][columns]) const {
    for (int k = 0; k < kDim; ++k) {
      for (int q = 0; q < columns; ++q) points[k][q] = load_lanes<T>(x[k], first + q * T::size, end);
    }
  }
  void forward(index_t begin, index_t end) {
    index_t group = 0;
    for (index_t j = begin; j < end; j += group_size, ++group) {
      T points[kDim][columns], u[columns];
      load_group(j, end, points);
      siren_values<columns>(net, points, work + group * workspace, u);
      for (int q = 0; q < columns; ++q) values[group * columns + q] = u[q];
    }
  }
  void backward(index_t begin, index_t end) {
    index_t group = 0;
    for (index_t j = begin; j < end; j += group_size, ++group) {
      T points[kDim][columns], seed[columns];
      load_group(j, end, points);
      for (int q = 0; q < columns; ++q) seed[q] = values[group * columns + q];
      siren_values_adjoint<columns>(net, points, work + group * workspace, seed, sink);
    }
  }
};

template <class S>
double stencil_rows(const SirenView<S>* nets, const StencilRowsView& rows, index_t begin, index_t end,
                    index_t most_entries, double* const* gradient, S* memory) {
  using T = P<S>;
  const int parameters = parameter_count(nets[0]);
  const index_t workspace = siren_workspace(nets[0].width, nets[0].depth, kStencilColumns);
  const index_t groups = stencil_groups<S>(most_entries, T::size);
  auto* base = reinterpret_cast<T*>(memory);
  const index_t part_memory = parameters + groups * (kStencilColumns + workspace);
  const auto part_of = [&](int s) {
    T* sums = base + s * part_memory;
    T* values = sums + parameters;
    return StencilPart<S>{nets[s], rows.network[s].x, {sums}, values, values + groups * kStencilColumns, workspace};
  };
  for (int s = 0; s < rows.networks; ++s) set_zero(part_of(s).sink.sums, parameters);

  double squares = 0;
  for (index_t first = begin; first < end; first += kStencilBlock) {
    const index_t last = first + kStencilBlock < end ? first + kStencilBlock : end;
    for (int s = 0; s < rows.networks; ++s) {
      part_of(s).forward(rows.network[s].begin[first], rows.network[s].begin[last]);
    }
    for (index_t i = first; i < last; ++i) {
      double residual = -rows.rhs[i];
      for (int s = 0; s < rows.networks; ++s) {
        const StencilEntriesView& own = rows.network[s];
        const S* u = reinterpret_cast<const S*>(part_of(s).values) - own.begin[first];
        for (index_t j = own.begin[i]; j < own.begin[i + 1]; ++j) residual += own.weight[j] * static_cast<double>(u[j]);
      }
      squares += residual * residual;
      for (int s = 0; s < rows.networks; ++s) {
        const StencilEntriesView& own = rows.network[s];
        S* seed = reinterpret_cast<S*>(part_of(s).values) - own.begin[first];
        for (index_t j = own.begin[i]; j < own.begin[i + 1]; ++j) seed[j] = static_cast<S>(own.weight[j] * residual);
      }
    }
    for (int s = 0; s < rows.networks && gradient != nullptr; ++s) {
      // The lanes behind the last entry carry no seed.
      StencilPart<S> part = part_of(s);
      const index_t* at = rows.network[s].begin;
      S* seed = reinterpret_cast<S*>(part.values);
      const index_t entries = at[last] - at[first];
      const index_t padded = stencil_groups<S>(entries, T::size) * StencilPart<S>::group_size;
      for (index_t j = entries; j < padded; ++j) seed[j] = S(0);
      part.backward(at[first], at[last]);
    }
  }
  for (int s = 0; s < rows.networks && gradient != nullptr; ++s) {
    add_lanes(part_of(s).sink.sums, parameters, gradient[s]);
  }
  return squares;
}

template <class S>
constexpr TrainingKernels<S> kernels = {P<S>::size, difference_rows<S>, any_point_rows<S>, stencil_rows<S>};

}  // namespace

extern const ByPrecision<TrainingKernels> training_kernels = {kernels<float>, kernels<double>};

}  // namespace nbm::NBM_SIMD_NAMESPACE
