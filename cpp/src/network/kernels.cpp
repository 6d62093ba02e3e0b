// Compiled once for each SIMD level: see cmake/NbmSources.cmake for what may be used here.
#include "network/kernels.hpp"

#include "core/pack_io.hpp"

namespace nbm::NBM_SIMD_NAMESPACE {
namespace {

struct NoSink {
  template <class T>
  NBM_HD void add(int /*parameter*/, T /*derivative*/) const {}
};

template <class S>
using P = Pack<S, NBM_SIMD_BYTES>;

template <class S>
NBM_HD void load_points(const double* const x[kDim], index_t first, index_t count,
                        P<S> (&points)[kDim][kValueColumns]) {
  for (int k = 0; k < kDim; ++k) {
    for (int q = 0; q < kValueColumns; ++q) {
      points[k][q] = load_lanes<P<S>>(x[k], first + q * P<S>::size, count);
    }
  }
}

template <class S>
void values(const SirenView<S>& net, const double* const x[kDim], index_t count, double* values, S* memory) {
  auto* work = reinterpret_cast<P<S>*>(memory);
  for (index_t i = 0; i < count; i += kValueColumns * P<S>::size) {
    P<S> points[kDim][kValueColumns], u[kValueColumns];
    load_points<S>(x, i, count, points);
    siren_evaluate<kValueColumns>(net, points, work, u);
    for (int q = 0; q < kValueColumns; ++q) store_lanes(u[q], values, i + q * P<S>::size, count);
  }
}

template <class S>
void gradient(const SirenView<S>& net, const double* const x[kDim], index_t count, double* values,
              double* const gradient[kDim], S* memory) {
  auto* work = reinterpret_cast<P<S>*>(memory);
  for (index_t i = 0; i < count; i += kValueColumns * P<S>::size) {
    P<S> points[kDim][kValueColumns], u[kValueColumns], seed[kValueColumns], slope[kDim][kValueColumns];
    load_points<S>(x, i, count, points);
    siren_values<kValueColumns>(net, points, work, u);
    for (int q = 0; q < kValueColumns; ++q) seed[q] = P<S>(S(1));
    NoSink sink;
    siren_values_adjoint<kValueColumns>(net, points, work, seed, sink, &slope[0][0]);
    for (int q = 0; q < kValueColumns; ++q) {
      const index_t at = i + q * P<S>::size;
      store_lanes(u[q], values, at, count);
      for (int k = 0; k < kDim; ++k) store_lanes(slope[k][q], gradient[k], at, count);
    }
  }
}

template <class S>
void differences(const SirenView<S>& net, const double* const x[kDim], index_t count, double* const out[kQuantities],
                 S* memory) {
  auto* work = reinterpret_cast<P<S>*>(memory);
  for (index_t i = 0; i < count; i += P<S>::size) {
    P<S> point[kDim], quantity[kQuantities];
    for (int k = 0; k < kDim; ++k) point[k] = load_lanes<P<S>>(x[k], i, count);
    siren_differences(net, point, work, quantity);
    for (int q = 0; q < kQuantities; ++q) store_lanes(quantity[q], out[q], i, count);
  }
}

}  // namespace

extern const ByPrecision<NetworkKernels> network_kernels = {
    {P<float>::size, values<float>, gradient<float>, differences<float>},
    {P<double>::size, values<double>, gradient<double>, differences<double>}};

}  // namespace nbm::NBM_SIMD_NAMESPACE
