#pragma once
#include "core/warp.hpp"

// Where the backward passes of a warp's points put derivatives (the `sink` of siren_point.hpp).
namespace nbm::cuda {

// Adds over the points of a warp in a fixed order. Derivatives wait in shared memory until there are 32 of each lane,
// or one by each parameter of a smaller network; then each lane adds one parameter's: one store and one load of shared
// memory for each, instead of five shuffles. All lanes of the warp call it alike, once for each of the `parameters` in
// every pass; flush() after the last.
template <class T>
class WarpSumSink {
 public:
  static constexpr int kPitch = kLanes + 1;      // keeps the columns of the tile in different banks
  static constexpr int kTile = kLanes * kPitch;  // numbers of shared memory of a warp

  // sums[parameter * stride] is added to.
  __device__ WarpSumSink(T* tile, T* sums, int parameters, index_t stride = 1)
      : tile_(tile), sums_(sums), stride_(stride), most_(parameters < kLanes ? parameters : kLanes) {}

  __device__ void add(int parameter, T derivative) {
    tile_[waiting_ * kPitch + lane_index()] = derivative;
    if (waiting_ == lane_index()) parameter_ = parameter;
    if (++waiting_ == most_) flush();  // the next derivative may be by the parameter of another lane
  }

  __device__ void flush() {
    const bool adds = lane_index() < waiting_;
    const T before = adds ? sums_[parameter_ * stride_] : T(0);
    __syncwarp();
    if (adds) {
      const T* row = tile_ + lane_index() * kPitch;
      T sum = row[0];
      for (int k = 1; k < kLanes; ++k) sum += row[k];
      sums_[parameter_ * stride_] = before + sum;
    }
    __syncwarp();
    waiting_ = 0;
  }

 private:
  T* tile_;
  T* sums_;
  index_t stride_;
  int most_, waiting_ = 0;
  int parameter_ = 0;  // which this lane will add
};

// Leaves out the first parameters, which training holds: the next is number 0 of `sink`.
template <class Sink>
struct TrainedSink {
  Sink sink;
  int held;

  __device__ void add(int parameter, double derivative) {
    if (parameter >= held) sink.add(parameter - held, derivative);
  }
};

// Writes a row of the Jacobian, which lies by columns: column[parameter * rows]; or sums, with one row.
template <class T>
struct ColumnSink {
  T* entry;  // of this row in the first column
  index_t rows;
  bool valid;  // whether this lane has a row

  __device__ void add(int parameter, T derivative) const {
    if (valid) entry[parameter * rows] = derivative;
  }
};

}  // namespace nbm::cuda
