#pragma once
#include "nbm/network/siren_point.hpp"
#include "nbm/rows/point_row.hpp"

// What point rows compute of a network, for `Packs` packs of points at a time: the terms of point_row.hpp, with or
// without half differences. Host and device; `work` as in siren_point.hpp.
namespace nbm {

template <bool Differences, int Packs>
struct PointPass;

template <int Packs>
struct PointPass<false, Packs> {
  static constexpr int packs = Packs, terms = 1, columns = Packs;

  template <class T, class S, class Memory>
  NBM_HD static void forward(const SirenView<S>& net, const T (&x)[kDim][packs], Memory work, T (&out)[packs][terms]) {
    T u[packs];
    siren_values<packs>(net, x, work, u);
    for (int p = 0; p < packs; ++p) out[p][0] = u[p];
  }
  template <class T, class S, class Memory, class Sink>
  NBM_HD static void backward(const SirenView<S>& net, const T (&x)[kDim][packs], Memory work,
                              const T (&seed)[packs][terms], Sink& sink) {
    T by_value[packs];
    for (int p = 0; p < packs; ++p) by_value[p] = seed[p][0];
    siren_values_adjoint<packs>(net, x, work, by_value, sink);
  }
};

template <>
struct PointPass<true, 1> {
  static constexpr int packs = 1, terms = kPointTerms, columns = kQuantities;
  static_assert(kValue == 0 && kFirst == 1 && kSecond == kPointTerms);

  template <class T, class S, class Memory>
  NBM_HD static void forward(const SirenView<S>& net, const T (&x)[kDim][packs], Memory work, T (&out)[packs][terms]) {
    const T at[kDim] = {x[0][0], x[1][0], x[2][0]};
    T all[kQuantities];
    siren_differences(net, at, work, all);
    for (int q = 0; q < terms; ++q) out[0][q] = all[q];
  }
  template <class T, class S, class Memory, class Sink>
  NBM_HD static void backward(const SirenView<S>& net, const T (&x)[kDim][packs], Memory work,
                              const T (&seed)[packs][terms], Sink& sink) {
    const T at[kDim] = {x[0][0], x[1][0], x[2][0]};
    T all[kQuantities];
    for (int q = 0; q < kQuantities; ++q) all[q] = q < terms ? seed[0][q < terms ? q : 0] : T(0);
    siren_differences_adjoint(net, at, work, all, sink);
  }
};

}  // namespace nbm
