#pragma once
#include "core/pack_io.hpp"

// Sums of derivatives over the points of packs, for SIMD sources.
namespace nbm {

// Sums derivatives lane by lane.
template <class PackType>
struct AddSink {
  PackType* sums;
  NBM_HD void add(int parameter, PackType derivative) { sums[parameter] = sums[parameter] + derivative; }
};

template <class PackType>
NBM_HD double sum_of_lanes(PackType pack) {
  double sum = 0;
  for (int lane = 0; lane < PackType::size; ++lane) sum += static_cast<double>(pack[lane]);
  return sum;
}

template <class PackType>
NBM_HD void set_zero(PackType* sums, int count) {
  for (int i = 0; i < count; ++i) sums[i] = PackType(typename PackType::Scalar(0));
}

template <class PackType>
NBM_HD void add_lanes(const PackType* sums, int count, double* gradient) {
  for (int i = 0; i < count; ++i) gradient[i] += sum_of_lanes(sums[i]);
}

// 1 in the first `count` lanes, 0 in the others.
template <class PackType>
NBM_HD PackType first_lanes(index_t count) {
  using S = typename PackType::Scalar;
  alignas(PackType) S lanes[PackType::size];
  for (int lane = 0; lane < PackType::size; ++lane) lanes[lane] = lane < count ? S(1) : S(0);
  return PackType::load(lanes);
}

}  // namespace nbm
