#pragma once
#include <vector>

#include "training/fused_frame.hpp"

// What the kernel of networks with several hidden layers keeps in shared memory, and where.
#if defined(__CUDACC__) || defined(NBM_CUDA_ON_CPU)
namespace nbm::cuda {

// Numbers that are read at once.
template <class T, int count>
struct alignas(count * sizeof(T)) Numbers {
  T number[count];
};
template <class T>
using Quad = Numbers<T, kQuad>;
// A neuron's quantities and one more number, in two accesses.
constexpr int kStored = 2 * kQuad;
static_assert(kStored == kQuantities + 1);

template <class T>
__device__ inline void store_neuron(const T (&from)[kQuantities], T more, T* to) {
  Quad<T> low, high;
  NBM_UNROLL
  for (int q = 0; q < kQuad; ++q) {
    low.number[q] = from[q];
    high.number[q] = q + kQuad < kQuantities ? from[(q + kQuad) % kQuantities] : more;
  }
  reinterpret_cast<Quad<T>*>(to)[0] = low;
  reinterpret_cast<Quad<T>*>(to)[1] = high;
}
// Returns the number more.
template <class T>
__device__ inline T load_neuron(const T* from, T (&to)[kQuantities]) {
  const Quad<T> low = reinterpret_cast<const Quad<T>*>(from)[0], high = reinterpret_cast<const Quad<T>*>(from)[1];
  NBM_UNROLL
  for (int q = 0; q < kQuantities; ++q) to[q] = q < kQuad ? low.number[q % kQuad] : high.number[q % kQuad];
  return high.number[kQuad - 1];
}

// D hidden layers of W neurons, N of which belong to each lane of a point's group.
template <int W, int D, int N>
struct Shape {
  static constexpr int width = W, depth = D, neurons = N;
  static constexpr int group = W / N;            // lanes of a point
  static constexpr int points = kLanes / group;  // of a warp; lanes beyond have none
  static constexpr int hidden = depth - 1;
  static constexpr int blocks = D > 3 ? 2 : 3;  // of a multiprocessor, that registers are left for
  static constexpr int first_size = W * (kDim + 1), layer_size = W * (W + 1);
  static constexpr int parameters = first_size + hidden * layer_size + W + 1;
  // Parameters in shared memory: the weights between hidden layers in blocks of N x N, which a lane reads at once both
  // forward, N outputs from N inputs, and backward.
  static constexpr int layer_place = (layer_size + kQuad - 1) / kQuad * kQuad;
  static constexpr int output_place = first_size + hidden * layer_place, steps_place = output_place + W + 1;
  static constexpr int constants = steps_place + W * 2 * kDim;  // with the steps of the first layer
  // Numbers of a point in shared memory: of all layers but the last the post-activations, later the adjoints above. The
  // padding puts the points of a warp in different banks.
  static constexpr int padding = kQuad;
  static constexpr int layer_numbers = W * kStored, of_point = hidden * layer_numbers + padding;
  static constexpr int shared_constants = (constants + kQuad - 1) / kQuad * kQuad;
  static_assert(W % N == 0, "the neurons fill the lanes of a group");
  static_assert(hidden > 0 && points > 0);
  static_assert(first_size % kQuad == 0, "blocks of weights are read as a whole");

  static bool fits(const std::vector<int>& widths) { return widths == std::vector<int>(D, W); }

  // Of the weight from neuron `input` to `output` in its layer.
  __device__ static constexpr int weight_place(int output, int input) {
    return (output / N * group + input / N) * N * N + output % N * N + input % N;
  }
  // Of parameter number i, in the order of siren.hpp.
  __device__ static constexpr int place(int i) {
    if (i < first_size) return i;
    const int layer = (i - first_size) / layer_size, number = (i - first_size) % layer_size;
    const bool weight = layer < hidden && number < W * W;
    return first_size + layer * layer_place + (weight ? weight_place(number / W, number % W) : number);
  }
};

}  // namespace nbm::cuda
#endif
