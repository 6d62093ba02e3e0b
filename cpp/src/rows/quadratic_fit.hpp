#pragma once
#include <algorithm>
#include <array>
#include <cmath>

#include "nbm/core/types.hpp"

namespace nbm {

constexpr int kQuadraticTerms = 10;
using QuadraticTerms = std::array<double, kQuadraticTerms>;

inline QuadraticTerms quadratic_terms(Vec3<double> x) {
  return {1.0, x.x, x.y, x.z, x.x * x.x, x.y * x.y, x.z * x.z, x.x * x.y, x.x * x.z, x.y * x.z};
}
// The derivative of the terms along n.
inline QuadraticTerms quadratic_slopes(Vec3<double> x, Vec3<double> n) {
  return {0.0,
          n.x,
          n.y,
          n.z,
          2.0 * x.x * n.x,
          2.0 * x.y * n.y,
          2.0 * x.z * n.z,
          x.y * n.x + x.x * n.y,
          x.z * n.x + x.x * n.z,
          x.z * n.y + x.y * n.z};
}

// The normal equations of a weighted least-squares fit of a quadratic.
class QuadraticFit {
 public:
  void add(const QuadraticTerms& terms, double weight) {
    for (std::size_t i = 0; i < kQuadraticTerms; ++i) {
      for (std::size_t j = 0; j <= i; ++j) matrix_[i][j] += weight * terms[i] * terms[j];
    }
  }

  // Cholesky's factor, once all points are there.
  void factor() {
    double largest = 0.0;
    for (std::size_t i = 0; i < kQuadraticTerms; ++i) largest = std::max(largest, matrix_[i][i]);
    for (std::size_t i = 0; i < kQuadraticTerms; ++i) matrix_[i][i] += (i < 4 ? 1e-4 * kRidge : kRidge) * largest;
    for (std::size_t i = 0; i < kQuadraticTerms; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double sum = matrix_[i][j];
        for (std::size_t k = 0; k < j; ++k) sum -= matrix_[i][k] * matrix_[j][k];
        matrix_[i][j] = i == j ? std::sqrt(sum) : sum / matrix_[j][j];
      }
    }
  }

  QuadraticTerms solve(QuadraticTerms v) const {
    for (std::size_t i = 0; i < kQuadraticTerms; ++i) {
      for (std::size_t k = 0; k < i; ++k) v[i] -= matrix_[i][k] * v[k];
      v[i] /= matrix_[i][i];
    }
    for (std::size_t i = kQuadraticTerms; i-- > 0;) {
      for (std::size_t k = i + 1; k < kQuadraticTerms; ++k) v[i] -= matrix_[k][i] * v[k];
      v[i] /= matrix_[i][i];
    }
    return v;
  }

 private:
  static constexpr double kRidge = 1e-7;  // of the largest diagonal: keeps curvatures that nothing determines at 0

  std::array<std::array<double, kQuadraticTerms>, kQuadraticTerms> matrix_{};
};

inline double dot(const QuadraticTerms& a, const QuadraticTerms& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < kQuadraticTerms; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace nbm
