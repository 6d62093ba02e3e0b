// Compiled once for each SIMD level: see cmake/NbmSources.cmake for what may be used here.
#include "training/jacobian_kernels.hpp"

#include "training/kernel_sums.hpp"
#include "training/point_pass.hpp"

namespace nbm::NBM_SIMD_NAMESPACE {
namespace {

using T = Pack<double, NBM_SIMD_BYTES>;

// Writes the derivatives of each lane's row to that row of the Jacobian.
struct RowSink {
  double* jacobian;
  index_t stride;
  index_t lanes;
  NBM_HD void add(int parameter, T derivative) const {
    for (index_t lane = 0; lane < lanes; ++lane) {
      jacobian[lane * stride + parameter] = derivative[static_cast<int>(lane)];
    }
  }
};

NBM_HD index_t lanes_from(index_t first, index_t end) { return end - first < T::size ? end - first : T::size; }

NBM_HD void store_residuals(T residual, index_t lanes, double* to) {
  for (index_t lane = 0; lane < lanes; ++lane) to[lane] = residual[static_cast<int>(lane)];
}

void difference_rows(const SirenView<double>& net, const DifferenceRowsView& rows, index_t begin, index_t end,
                     const JacobianTarget& target, double* memory) {
  T* work = reinterpret_cast<T*>(memory);
  const T scale(target.scale);
  for (index_t i = begin; i < end; i += T::size) {
    T x[kDim], seed[kQuantities], out[kQuantities];
    for (int k = 0; k < kDim; ++k) {
      x[k] = load_lanes<T>(rows.x[k], i, end);
      seed[kFirst + k] = scale * load_lanes<T>(rows.first[k], i, end);
      seed[kSecond + k] = scale * load_lanes<T>(rows.second[k], i, end);
    }
    seed[kValue] = scale * load_lanes<T>(rows.value, i, end);
    siren_differences(net, x, work, out);
    T residual = -scale * load_lanes<T>(rows.rhs, i, end);
    for (int q = 0; q < kQuantities; ++q) residual = residual + seed[q] * out[q];
    const index_t lanes = lanes_from(i, end);
    store_residuals(residual, lanes, target.residuals + (i - begin));
    RowSink sink{target.jacobian + (i - begin) * target.stride, target.stride, lanes};
    siren_differences_adjoint(net, x, work, seed, sink);
  }
}

template <class Pass>
void point_rows(const SirenView<double>* nets, const PointRowsView& rows, index_t begin, index_t end,
                const JacobianTarget& target, double* memory) {
  constexpr int terms = Pass::terms;
  T* work = reinterpret_cast<T*>(memory);
  const T scale(target.scale);
  const int first_side = rows.touches[0] ? 0 : 1;
  for (index_t i = begin; i < end; i += T::size) {
    T x[kDim][1];
    for (int k = 0; k < kDim; ++k) x[k][0] = load_lanes<T>(rows.x[k], i, end);
    const index_t lanes = lanes_from(i, end);
    T residual = -scale * load_lanes<T>(rows.rhs, i, end);
    for (int s = 0; s < kSides; ++s) {
      if (!rows.touches[s]) continue;
      T seed[1][terms], out[1][terms];
      for (int q = 0; q < terms; ++q) {
        const double* weight = rows.weight[s][q];
        seed[0][q] = weight == nullptr ? T(0.0) : scale * load_lanes<T>(weight, i, end);
      }
      Pass::forward(nets[s], x, work, out);
      for (int q = 0; q < terms; ++q) residual = residual + seed[0][q] * out[0][q];
      const index_t column = (s - first_side) * target.next_network;
      RowSink sink{target.jacobian + (i - begin) * target.stride + column, target.stride, lanes};
      Pass::backward(nets[s], x, work, seed, sink);
    }
    store_residuals(residual, lanes, target.residuals + (i - begin));
  }
}

void any_point_rows(const SirenView<double>* nets, const PointRowsView& rows, index_t begin, index_t end,
                    const JacobianTarget& target, double* memory) {
  const auto run = rows.has_differences ? point_rows<PointPass<true, 1>> : point_rows<PointPass<false, 1>>;
  run(nets, rows, begin, end, target, memory);
}

// One network's part of a stencil row: its derivatives, and its share of the residual.
NBM_HD double stencil_part(const SirenView<double>& net, const double* const (&x)[kDim], const double* weight,
                           index_t begin, index_t end, double scale, T* sums, T* work, double* jacobian) {
  constexpr int columns = kStencilColumns;
  const int parameters = parameter_count(net);
  AddSink<T> sink{sums};
  set_zero(sums, parameters);
  double residual = 0;
  for (index_t j = begin; j < end; j += columns * T::size) {
    T points[kDim][columns], u[columns], seed[columns];
    for (int q = 0; q < columns; ++q) {
      const index_t at = j + q * T::size;
      for (int k = 0; k < kDim; ++k) points[k][q] = load_lanes<T>(x[k], at, end);
      seed[q] = T(scale) * load_lanes<T>(weight, at, end);
    }
    siren_values<columns>(net, points, work, u);
    for (int q = 0; q < columns; ++q) residual += sum_of_lanes(seed[q] * u[q]);
    siren_values_adjoint<columns>(net, points, work, seed, sink);
  }
  for (int p = 0; p < parameters; ++p) jacobian[p] = sum_of_lanes(sums[p]);
  return residual;
}

void stencil_rows(const SirenView<double>* nets, const StencilRowsView& rows, index_t begin, index_t end,
                  const JacobianTarget& target, double* memory) {
  T* sums = reinterpret_cast<T*>(memory);
  T* work = sums + parameter_count(nets[0]);
  for (index_t i = begin; i < end; ++i) {
    double residual = -target.scale * rows.rhs[i];
    for (int s = 0; s < rows.networks; ++s) {
      const StencilEntriesView& own = rows.network[s];
      residual += stencil_part(nets[s], own.x, own.weight, own.begin[i], own.begin[i + 1], target.scale, sums, work,
                               target.jacobian + (i - begin) * target.stride + s * target.next_network);
    }
    target.residuals[i - begin] = residual;
  }
}

}  // namespace

extern const JacobianKernels jacobian_kernels = {T::size, difference_rows, any_point_rows, stencil_rows};

}  // namespace nbm::NBM_SIMD_NAMESPACE
