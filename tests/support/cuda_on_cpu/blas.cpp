// Plain loops in the place of cuBLAS and cuSOLVER.
#include "core/blas.hpp"

#include <cmath>

namespace nbm::cuda {

struct Blas::State {};

Blas::Blas(cudaStream_t /*stream*/) {}
Blas::~Blas() = default;

std::vector<CudaLibrary> Blas::libraries() noexcept { return {}; }

void Blas::add_gram_matrix(const double* panel, index_t rows, index_t pitch, index_t columns, double* target,
                           index_t stride) {
  for (index_t a = 0; a < columns; ++a) {
    for (index_t b = a; b < columns; ++b) {
      double sum = 0;
      for (index_t i = 0; i < rows; ++i) sum += panel[a * pitch + i] * panel[b * pitch + i];
      target[a * stride + b] += sum;
    }
  }
}

void Blas::add_row_gram_matrix(const double* panel, index_t rows, index_t pitch, index_t columns, double* target,
                               index_t stride) {
  for (index_t column = 0; column < columns; ++column) {
    const double* numbers = panel + column * pitch;
    for (index_t a = 0; a < rows; ++a) {
      for (index_t b = a; b < rows; ++b) target[a * stride + b] += numbers[a] * numbers[b];
    }
  }
}

void Blas::add_product(const double* panel, index_t rows, index_t pitch, index_t columns, const double* x,
                       double* target) {
  for (index_t a = 0; a < columns; ++a) {
    for (index_t i = 0; i < rows; ++i) target[a] += panel[a * pitch + i] * x[i];
  }
}

void Blas::solve_positive_definite(double* matrix, index_t n, double* x, int* failed) {
  *failed = 1;
  // R'R with R upper triangular, in place; x along with it.
  for (index_t k = 0; k < n; ++k) {
    double* row = matrix + k * n;
    if (!(row[k] > 0)) return;
    const double pivot = std::sqrt(row[k]);
    for (index_t j = k; j < n; ++j) row[j] /= pivot;
    x[k] /= pivot;
    for (index_t i = k + 1; i < n; ++i) {
      for (index_t j = i; j < n; ++j) matrix[i * n + j] -= row[i] * row[j];
      x[i] -= row[i] * x[k];
    }
  }
  for (index_t k = n; k-- > 0;) {
    for (index_t j = k + 1; j < n; ++j) x[k] -= matrix[k * n + j] * x[j];
    x[k] /= matrix[k * n + k];
  }
  *failed = 0;
}

}  // namespace nbm::cuda
