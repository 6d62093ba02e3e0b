#pragma once
#include <type_traits>
#include <utility>

#include "nbm/core/pack.hpp"

// Linear layers on Q columns at once: the quantities of one point (docs/method.md, section 5) or values of Q points.
// Activations are stored [neuron][Q]. Blocks of neurons are kept in registers so that each load feeds several products.
// Where they lie is a template parameter: a pointer, or what stands for one on a device, with [] and + for numbers.
namespace nbm {

// The number type to which a pointer, or what stands for one, leads.
template <class Pointer>
using PointedTo = std::remove_cvref_t<decltype(std::declval<Pointer>()[0])>;

// sums[b][q] += sum_k weights[b * block_stride + k * stride] * columns[k][q] for k < count
template <int Block, int Q, class T, class Columns>
NBM_HD void add_products(const ScalarOf<T>* weights, int block_stride, int stride, int count, Columns columns,
                         T (&sums)[Block][Q]) {
  for (int k = 0; k < count; ++k) {
    T column[Q];
    NBM_UNROLL
    for (int q = 0; q < Q; ++q) column[q] = columns[k * Q + q];
    NBM_UNROLL
    for (int b = 0; b < Block; ++b) {
      const T weight(weights[b * block_stride + k * stride]);
      NBM_UNROLL
      for (int q = 0; q < Q; ++q) sums[b][q] = sums[b][q] + weight * column[q];
    }
  }
}

// use(i, sums) for every i < rows, sums[q] = start(i, q) + sum_k weights[i * row_stride + k * stride] columns[k][q].
template <int Q, class S, class Columns, class Start, class Use>
NBM_HD void for_each_product(const S* weights, int rows, int row_stride, int stride, int count, Columns columns,
                             Start start, Use use) {
  using T = PointedTo<Columns>;
  constexpr int block = 2;
  int i = 0;
  for (; i + block <= rows; i += block) {
    T sums[block][Q];
    NBM_UNROLL
    for (int b = 0; b < block; ++b) {
      NBM_UNROLL
      for (int q = 0; q < Q; ++q) sums[b][q] = start(i + b, q);
    }
    add_products(weights + i * row_stride, row_stride, stride, count, columns, sums);
    NBM_UNROLL
    for (int b = 0; b < block; ++b) use(i + b, sums[b]);
  }
  for (; i < rows; ++i) {
    T sums[1][Q];
    NBM_UNROLL
    for (int q = 0; q < Q; ++q) sums[0][q] = start(i, q);
    add_products(weights + i * row_stride, row_stride, stride, count, columns, sums);
    use(i, sums[0]);
  }
}

// Derivatives by the weights: sink.add(offset + i * inputs + j, sum_q adjoint[i][q] input[j][q]).
template <int Q, class Adjoint, class Input, class Sink>
NBM_HD void weight_gradient(Adjoint adjoint, int outputs, Input input, int inputs, int offset, Sink& sink) {
  using T = PointedTo<Adjoint>;
  constexpr int block = 2;
  int i = 0;
  for (; i + block <= outputs; i += block) {
    T rows[block][Q];
    NBM_UNROLL
    for (int b = 0; b < block; ++b) {
      NBM_UNROLL
      for (int q = 0; q < Q; ++q) rows[b][q] = adjoint[(i + b) * Q + q];
    }
    for (int j = 0; j < inputs; ++j) {
      NBM_UNROLL
      for (int b = 0; b < block; ++b) {
        T sum = rows[b][0] * input[j * Q];
        NBM_UNROLL
        for (int q = 1; q < Q; ++q) sum = sum + rows[b][q] * input[j * Q + q];
        sink.add(offset + (i + b) * inputs + j, sum);
      }
    }
  }
  for (; i < outputs; ++i) {
    for (int j = 0; j < inputs; ++j) {
      T sum = adjoint[i * Q] * input[j * Q];
      NBM_UNROLL
      for (int q = 1; q < Q; ++q) sum = sum + adjoint[i * Q + q] * input[j * Q + q];
      sink.add(offset + i * inputs + j, sum);
    }
  }
}

}  // namespace nbm
