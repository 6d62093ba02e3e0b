#pragma once
#include "nbm/core/types.hpp"
#include "solution/cuda_solution.hpp"

// Numbers of either type in the arrays of a caller.
namespace nbm::cuda {

__device__ inline double load(const void* numbers, index_t i, Precision type) {
  return type == Precision::float32 ? static_cast<double>(static_cast<const float*>(numbers)[i])
                                    : static_cast<const double*>(numbers)[i];
}

__device__ inline void store(void* numbers, index_t i, Precision type, double value) {
  if (type == Precision::float32) {
    static_cast<float*>(numbers)[i] = static_cast<float>(value);
  } else {
    static_cast<double*>(numbers)[i] = value;
  }
}

__device__ inline Vec3<double> point_of(const SolutionArrays& arrays, index_t i) {
  const index_t at = i * arrays.stride;
  return {load(arrays.points[0], at, arrays.type), load(arrays.points[1], at, arrays.type),
          load(arrays.points[2], at, arrays.type)};
}

}  // namespace nbm::cuda
