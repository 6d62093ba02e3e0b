#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "nbm/core/thread_pool.hpp"

// Sparse matrices by rows and vectors, worked on by a team in a cut that depends on the size alone: the same bits for
// any number of threads.
namespace nbm {

constexpr index_t kRowsPerTask = 4096;

inline TaskPartition row_tasks(index_t rows) { return TaskPartition::of(rows, kRowsPerTask, 64); }

// Runs work(begin, end) on consecutive ranges of `count` items.
template <class Work>
void for_ranges(index_t count, ThreadPool& pool, Work&& work) {
  const TaskPartition cut = row_tasks(count);
  if (cut.tasks == 1) {
    work(index_t{0}, count);
    return;
  }
  pool.run(cut.tasks, [&](index_t task) { work(cut.begin(task), cut.end(task)); });
}

// Sums value(begin, end) over ranges, in their order.
template <class Value>
double sum_ranges(index_t count, ThreadPool& pool, Value&& value) {
  const TaskPartition cut = row_tasks(count);
  std::vector<double> part(static_cast<std::size_t>(cut.tasks));
  const auto run = [&](index_t task) { part[static_cast<std::size_t>(task)] = value(cut.begin(task), cut.end(task)); };
  if (cut.tasks == 1) {
    run(0);
  } else {
    pool.run(cut.tasks, run);
  }
  double sum = 0.0;
  for (const double p : part) sum += p;
  return sum;
}

template <class T>
double dot(std::span<const T> a, std::span<const T> b, ThreadPool& pool) {
  return sum_ranges(static_cast<index_t>(a.size()), pool, [&](index_t begin, index_t end) {
    double sum = 0.0;
    for (index_t i = begin; i < end; ++i) {
      sum += static_cast<double>(a[static_cast<std::size_t>(i)]) * static_cast<double>(b[static_cast<std::size_t>(i)]);
    }
    return sum;
  });
}

// Compressed rows, borrowed. Row i has the entries [begin[i], begin[i + 1]).
template <class T>
struct MatrixView {
  index_t rows = 0;
  const index_t* begin = nullptr;
  const std::int32_t* column = nullptr;
  const T* value = nullptr;

  T row_times(index_t i, const T* x) const {
    T sum = 0;
    for (index_t e = begin[i]; e < begin[i + 1]; ++e) sum += value[e] * x[column[e]];
    return sum;
  }
};

// r = b - A x.
template <class T>
void residual(const MatrixView<T>& a, std::span<const T> b, std::span<const T> x, std::span<T> r, ThreadPool& pool) {
  for_ranges(a.rows, pool, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) {
      r[static_cast<std::size_t>(i)] = b[static_cast<std::size_t>(i)] - a.row_times(i, x.data());
    }
  });
}

// y = A x.
template <class T>
void multiply(const MatrixView<T>& a, std::span<const T> x, std::span<T> y, ThreadPool& pool) {
  for_ranges(a.rows, pool, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) y[static_cast<std::size_t>(i)] = a.row_times(i, x.data());
  });
}

}  // namespace nbm
