#pragma once
#include "nbm/network/linear.hpp"
#include "nbm/network/sine.hpp"

// Forward and backward passes of a sine network for one point, or one pack of points, in difference form and in values.
// Host and device; the caller owns all memory (linear.hpp says what may stand for a pointer to it).
// `sink.add(parameter, derivative)` is called once for each parameter.
namespace nbm {

// A network as the passes see it. Parameter order: siren.hpp.
template <class S>
struct SirenView {
  const S* parameters = nullptr;
  const int* width = nullptr;  // [depth]
  int depth = 0;
  S omega = 1;
  S step[kDim] = {};               // cell size in network coordinates (difference form)
  const S* first_steps = nullptr;  // [width[0]][2 * kDim] from first_layer_steps (difference form)

  NBM_HD int inputs(int layer) const { return layer == 0 ? kDim : width[layer - 1]; }
  NBM_HD int layer_size(int layer) const { return width[layer] * (inputs(layer) + 1); }
};

// sin and cos - 1 of the first layer's constant differences d_k = omega W_ik step_k, for neuron i.
template <class S>
NBM_HD void first_layer_steps(const SirenView<S>& net, int neuron, S* steps) {
  for (int k = 0; k < kDim; ++k) {
    sin_cosm1(net.omega * net.parameters[neuron * kDim + k] * net.step[k], steps[k], steps[kDim + k]);
  }
}

// Length, in numbers, of the workspace for the passes below, with Columns = kQuantities in difference form.
template <class Widths>
NBM_HD int siren_workspace(const Widths& width, int depth, int columns) {
  int sum = 0, widest = 0;
  for (int l = 0; l < depth; ++l) {
    sum += width[l];
    widest = width[l] > widest ? width[l] : widest;
  }
  return 2 * columns * sum + 2 * columns * widest;
}

namespace detail {

// Where the passes keep things: post-activations and saved derivatives of every layer, and two adjoint buffers.
template <int Columns, class Memory>
struct SirenWorkspace {
  Memory base;
  int sum;  // of all widths
  int widest;

  template <class S>
  NBM_HD SirenWorkspace(const SirenView<S>& net, Memory memory) : base(memory), sum(0), widest(0) {
    for (int l = 0; l < net.depth; ++l) {
      sum += net.width[l];
      widest = net.width[l] > widest ? net.width[l] : widest;
    }
  }
  NBM_HD Memory post(int neurons_before) const { return base + 2 * Columns * neurons_before; }
  NBM_HD Memory saved(int neurons_before, int width) const { return post(neurons_before) + Columns * width; }
  NBM_HD Memory adjoint(int which) const { return base + 2 * Columns * sum + which * Columns * widest; }
};

// The first layer's pre-activation omega (W x + b) of one neuron.
template <class T, class S>
NBM_HD T first_preactivation(const SirenView<S>& net, int neuron, const T (&x)[kDim]) {
  const S* w = net.parameters + neuron * kDim;
  T z(net.parameters[net.width[0] * kDim + neuron]);
  NBM_UNROLL
  for (int k = 0; k < kDim; ++k) z = z + T(w[k]) * x[k];
  return T(net.omega) * z;
}

// Derivatives by a neuron's first-layer weights and bias, from the adjoints of sin's argument (`value`) and of its
// first differences, in difference form.
template <class T, class S>
NBM_HD void first_layer_gradient(const SirenView<S>& net, const T (&x)[kDim], T value, const T (&first)[kDim],
                                 T (&by_weight)[kDim], T& by_bias) {
  by_bias = T(net.omega) * value;
  NBM_UNROLL
  for (int k = 0; k < kDim; ++k) by_weight[k] = by_bias * x[k] + T(net.omega * net.step[k]) * first[k];
}

// Derivatives by the biases of a layer, which act on the first `bias_columns` columns.
template <int Columns, class Adjoint, class Sink>
NBM_HD void bias_gradient(Adjoint adjoint, int outputs, int bias_columns, int offset, Sink& sink) {
  for (int i = 0; i < outputs; ++i) {
    PointedTo<Adjoint> sum = adjoint[i * Columns];
    for (int q = 1; q < bias_columns; ++q) sum = sum + adjoint[i * Columns + q];
    sink.add(offset + i, sum);
  }
}

// Backward through the linear map above `layer` for Columns columns: derivatives by its weights and biases go to the
// sink (bias: the columns that carry it are the first `bias_columns`), the adjoint of its input to `below`.
template <int Columns, class S, class Adjoint, class Memory, class Sink>
NBM_HD void linear_adjoint(const S* weights, int outputs, int inputs, int offset, int bias_columns, Adjoint adjoint,
                           Memory input, Memory below, Sink& sink) {
  using T = PointedTo<Memory>;
  weight_gradient<Columns>(adjoint, outputs, input, inputs, offset, sink);
  bias_gradient<Columns>(adjoint, outputs, bias_columns, offset + outputs * inputs, sink);
  for_each_product<Columns>(
      weights, inputs, 1, inputs, outputs, adjoint, [](int, int) { return T(S(0)); },
      [&](int j, const T(&sums)[Columns]) {
        NBM_UNROLL
        for (int q = 0; q < Columns; ++q) below[j * Columns + q] = sums[q];
      });
}

}  // namespace detail

// Whole second differences of halves, and weights of halves from those of whole ones: the same factor (sine.hpp).
template <class T>
NBM_HD void double_second(T (&quantities)[kQuantities]) {
  NBM_UNROLL
  for (int k = 0; k < kDim; ++k) quantities[kSecond + k] = quantities[kSecond + k] + quantities[kSecond + k];
}

// The network and its differences at x (network coordinates): out[kValue], out[kFirst + axis], out[kSecond + axis].
template <class T, class S, class Memory>
NBM_HD void siren_differences(const SirenView<S>& net, const T (&x)[kDim], Memory memory, T (&out)[kQuantities]) {
  constexpr int Q = kQuantities;
  const detail::SirenWorkspace<Q, Memory> work(net, memory);
  const S* w = net.parameters;
  for (int i = 0; i < net.width[0]; ++i) {
    sine_first_layer(detail::first_preactivation(net, i, x), net.first_steps + i * 2 * kDim, work.post(0) + i * Q,
                     work.saved(0, net.width[0]) + i);
  }
  w += net.layer_size(0);
  Memory input = work.post(0);
  int before = net.width[0];
  for (int l = 1; l < net.depth; ++l) {
    const int inputs = net.width[l - 1], outputs = net.width[l];
    const S* bias = w + outputs * inputs;
    const Memory post = work.post(before), saved = work.saved(before, outputs);
    for_each_product<Q>(
        w, outputs, inputs, 1, inputs, input, [&](int i, int q) { return T(q == kValue ? bias[i] : S(0)); },
        [&](int i, const T(&pre)[Q]) { sine_differences(pre, post + i * Q, saved + i * kSaved); });
    w += net.layer_size(l);
    before += outputs;
    input = post;
  }
  const int last = net.width[net.depth - 1];
  for_each_product<Q>(
      w, 1, last, 1, last, input, [&](int, int q) { return T(q == kValue ? w[last] : S(0)); },
      [&](int, const T(&sums)[Q]) {
        NBM_UNROLL
        for (int q = 0; q < Q; ++q) out[q] = sums[q];
      });
  double_second(out);
}

// Derivatives by all parameters of sum_q seed[q] out[q], after siren_differences with the same memory.
template <class T, class S, class Memory, class Sink>
NBM_HD void siren_differences_adjoint(const SirenView<S>& net, const T (&x)[kDim], Memory memory,
                                      const T (&seed)[kQuantities], Sink& sink) {
  constexpr int Q = kQuantities;
  const detail::SirenWorkspace<Q, Memory> work(net, memory);
  int before = work.sum, offset = 0, which = 0;
  for (int l = 0; l < net.depth; ++l) offset += net.layer_size(l);

  int width = net.width[net.depth - 1];
  before -= width;
  Memory adjoint = work.adjoint(which);
  T weight[Q];
  NBM_UNROLL
  for (int q = 0; q < Q; ++q) weight[q] = seed[q];
  double_second(weight);
  detail::linear_adjoint<Q>(net.parameters + offset, 1, width, offset, 1, &weight[0], work.post(before), adjoint, sink);

  for (int l = net.depth - 1; l > 0; --l) {
    const Memory saved = work.saved(before, width);
    for (int i = 0; i < width; ++i) {
      T a[Q];
      NBM_UNROLL
      for (int q = 0; q < Q; ++q) a[q] = adjoint[i * Q + q];
      sine_differences_adjoint(saved + i * kSaved, a);
      NBM_UNROLL
      for (int q = 0; q < Q; ++q) adjoint[i * Q + q] = a[q];
    }
    offset -= net.layer_size(l);
    const int inputs = net.width[l - 1];
    before -= inputs;
    which = 1 - which;
    const Memory below = work.adjoint(which);
    detail::linear_adjoint<Q>(net.parameters + offset, width, inputs, offset, 1, adjoint, work.post(before), below,
                              sink);
    adjoint = below;
    width = inputs;
  }

  const Memory post = work.post(0), saved = work.saved(0, width);
  for (int i = 0; i < width; ++i) {
    T a[Q], value, first[kDim];
    NBM_UNROLL
    for (int q = 0; q < Q; ++q) a[q] = adjoint[i * Q + q];
    sine_first_layer_adjoint(post[i * Q + kValue], saved[i], net.first_steps + i * 2 * kDim, a, value, first);
    T by_weight[kDim], by_bias;
    detail::first_layer_gradient(net, x, value, first, by_weight, by_bias);
    NBM_UNROLL
    for (int k = 0; k < kDim; ++k) sink.add(i * kDim + k, by_weight[k]);
    sink.add(width * kDim + i, by_bias);
  }
}

namespace detail {

// Values at Columns points x[axis][column]: activate(layer, neuron, z) takes the pre-activations of a neuron and stores
// its post-activations where post(layer) lies.
template <int Columns, class T, class S, class Post, class Activate>
NBM_HD void siren_forward(const SirenView<S>& net, const T (&x)[kDim][Columns], Post post, Activate activate,
                          T (&out)[Columns]) {
  const S* w = net.parameters;
  const auto layer = [&](int l, auto input) {
    const int inputs = net.inputs(l), outputs = net.width[l];
    const S* bias = w + outputs * inputs;
    for_each_product<Columns>(
        w, outputs, inputs, 1, inputs, input, [&](int i, int) { return T(bias[i]); },
        [&](int i, const T(&z)[Columns]) { activate(l, i, z); });
    w += net.layer_size(l);
  };
  layer(0, &x[0][0]);
  for (int l = 1; l < net.depth; ++l) layer(l, post(l - 1));
  const int last = net.width[net.depth - 1];
  for_each_product<Columns>(
      w, 1, last, 1, last, post(net.depth - 1), [&](int, int) { return T(w[last]); },
      [&](int, const T(&sums)[Columns]) {
        NBM_UNROLL
        for (int q = 0; q < Columns; ++q) out[q] = sums[q];
      });
}

}  // namespace detail

// Length, in numbers, of the workspace of siren_evaluate.
template <class Widths>
NBM_HD int siren_evaluate_workspace(const Widths& width, int depth, int columns) {
  int widest = 0;
  for (int l = 0; l < depth; ++l) widest = width[l] > widest ? width[l] : widest;
  return 2 * columns * widest;
}

// The network's values at Columns points, with nothing kept for a backward pass.
template <int Columns, class T, class S, class Memory>
NBM_HD void siren_evaluate(const SirenView<S>& net, const T (&x)[kDim][Columns], Memory memory, T (&out)[Columns]) {
  int widest = 0;
  for (int l = 0; l < net.depth; ++l) widest = net.width[l] > widest ? net.width[l] : widest;
  const auto post = [&](int l) { return memory + (l % 2) * Columns * widest; };
  detail::siren_forward(
      net, x, post,
      [&](int l, int i, const T(&z)[Columns]) {
        const Memory a = post(l) + i * Columns;
        const T scale(l == 0 ? net.omega : S(1));
        NBM_UNROLL
        for (int q = 0; q < Columns; ++q) a[q] = sine_of(scale * z[q]);
      },
      out);
}

// The network's values at Columns points x[axis][column], keeping what siren_values_adjoint needs.
template <int Columns, class T, class S, class Memory>
NBM_HD void siren_values(const SirenView<S>& net, const T (&x)[kDim][Columns], Memory memory, T (&out)[Columns]) {
  const detail::SirenWorkspace<Columns, Memory> work(net, memory);
  const auto before = [&](int layer) {
    int sum = 0;
    for (int l = 0; l < layer; ++l) sum += net.width[l];
    return sum;
  };
  detail::siren_forward(
      net, x, [&](int l) { return work.post(before(l)); },
      [&](int l, int i, const T(&z)[Columns]) {
        const Memory a = work.post(before(l)) + i * Columns;
        const Memory saved = work.saved(before(l), net.width[l]) + i * Columns;
        const T scale(l == 0 ? net.omega : S(1));
        NBM_UNROLL
        for (int q = 0; q < Columns; ++q) sincos(scale * z[q], a[q], saved[q]);
      },
      out);
}

// Derivatives of sum_q seed[q] out[q] by all parameters, and by the points if `point_gradient` is not null
// ([kDim][Columns]), after siren_values with the same memory.
template <int Columns, class T, class S, class Memory, class Sink>
NBM_HD void siren_values_adjoint(const SirenView<S>& net, const T (&x)[kDim][Columns], Memory memory,
                                 const T (&seed)[Columns], Sink& sink, T* point_gradient = nullptr) {
  const detail::SirenWorkspace<Columns, Memory> work(net, memory);
  int before = work.sum, offset = 0, which = 0;
  for (int l = 0; l < net.depth; ++l) offset += net.layer_size(l);

  int width = net.width[net.depth - 1];
  before -= width;
  Memory adjoint = work.adjoint(which);
  detail::linear_adjoint<Columns>(net.parameters + offset, 1, width, offset, Columns, &seed[0], work.post(before),
                                  adjoint, sink);
  for (int l = net.depth - 1; l > 0; --l) {
    const Memory saved = work.saved(before, width);
    for (int i = 0; i < width * Columns; ++i) adjoint[i] = adjoint[i] * saved[i];
    offset -= net.layer_size(l);
    const int inputs = net.width[l - 1];
    before -= inputs;
    which = 1 - which;
    const Memory below = work.adjoint(which);
    detail::linear_adjoint<Columns>(net.parameters + offset, width, inputs, offset, Columns, adjoint, work.post(before),
                                    below, sink);
    adjoint = below;
    width = inputs;
  }

  const Memory saved = work.saved(0, width);
  for (int i = 0; i < width * Columns; ++i) adjoint[i] = T(net.omega) * adjoint[i] * saved[i];
  weight_gradient<Columns>(adjoint, width, &x[0][0], kDim, 0, sink);
  detail::bias_gradient<Columns>(adjoint, width, Columns, width * kDim, sink);
  if (point_gradient == nullptr) return;
  for_each_product<Columns>(
      net.parameters, kDim, 1, kDim, width, adjoint, [](int, int) { return T(S(0)); },
      [&](int k, const T(&sums)[Columns]) {
        NBM_UNROLL
        for (int q = 0; q < Columns; ++q) point_gradient[k * Columns + q] = sums[q];
      });
}

}  // namespace nbm
