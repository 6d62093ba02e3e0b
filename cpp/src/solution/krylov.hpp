#pragma once
#include <functional>
#include <span>
#include <vector>

#include "solution/sparse_matrix.hpp"

namespace nbm {

// x -> A x.
using LinearMap = std::function<void(std::span<const double> x, std::span<double> image)>;
// correction = about A^-1 residual; need not be linear.
using Preconditioner = std::function<void(std::span<const double> residual, std::span<double> correction)>;

struct KrylovOptions {
  double tolerance = 1e-10;  // residual norm over `size`
  index_t most_steps = 200;
  double size = 1.0;
};

// Generalized conjugate residuals for A x = b from the x given, with a flexible right preconditioner: the residual of
// every step is the least over the directions kept. Returns the residual norms over `size`, the first that of the x
// given, the last one computed afresh.
std::vector<double> solve_gcr(const LinearMap& map, std::span<const double> b, std::span<double> x,
                              const Preconditioner& precondition, const KrylovOptions& options, ThreadPool& pool);

}  // namespace nbm
