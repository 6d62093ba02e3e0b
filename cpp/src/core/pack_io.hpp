#pragma once
#include "nbm/core/pack.hpp"
#include "nbm/core/types.hpp"

// Transfer between arrays of doubles and packs of any precision, for SIMD sources.
namespace nbm {

// from[first + lane] for first + lane < count, else `otherwise`.
template <class PackType>
NBM_HD PackType load_lanes(const double* from, index_t first, index_t count, double otherwise = 0.0) {
  using S = typename PackType::Scalar;
  alignas(PackType) S lanes[PackType::size];
  if (first + PackType::size <= count) {
    for (int lane = 0; lane < PackType::size; ++lane) lanes[lane] = static_cast<S>(from[first + lane]);
  } else {
    for (int lane = 0; lane < PackType::size; ++lane) {
      lanes[lane] = static_cast<S>(first + lane < count ? from[first + lane] : otherwise);
    }
  }
  return PackType::load(lanes);
}

// to[first + lane] = pack[lane] for first + lane < count.
template <class PackType>
NBM_HD void store_lanes(PackType pack, double* to, index_t first, index_t count) {
  using S = typename PackType::Scalar;
  alignas(PackType) S lanes[PackType::size];
  pack.store(lanes);
  if (first + PackType::size <= count) {
    for (int lane = 0; lane < PackType::size; ++lane) to[first + lane] = static_cast<double>(lanes[lane]);
  } else {
    for (int lane = 0; first + lane < count; ++lane) to[first + lane] = static_cast<double>(lanes[lane]);
  }
}

}  // namespace nbm
