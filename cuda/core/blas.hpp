#pragma once
#include <memory>
#include <vector>

#include "core/error.hpp"
#include "nbm/core/backend.hpp"
#include "nbm/core/types.hpp"

namespace nbm::cuda {

// The dense linear algebra of the normal equations, on device memory and in the order of a stream: cuBLAS and cuSOLVER
// (blas.cpp), loaded at run time, so that the library needs them only where they are used; cuda/blas_stub.cpp in a
// build without their headers.
class Blas {
 public:
  // Throws BackendUnavailable, with how to get them, where the two libraries are missing.
  explicit Blas(cudaStream_t stream);
  ~Blas();

  // Where the two are on this machine.
  static std::vector<CudaLibrary> libraries() noexcept;

  // target += panel' panel on the upper triangle of a row-major matrix with rows `stride` long; panel by columns of
  // `rows` numbers, `pitch` apart.
  void add_gram_matrix(const double* panel, index_t rows, index_t pitch, index_t columns, double* target,
                       index_t stride);
  // target += panel panel' on the upper triangle of a row-major matrix.
  void add_row_gram_matrix(const double* panel, index_t rows, index_t pitch, index_t columns, double* target,
                           index_t stride);
  // target += panel' x.
  void add_product(const double* panel, index_t rows, index_t pitch, index_t columns, const double* x, double* target);
  // Solves by the upper triangle of the row-major matrix [n][n], which is lost. failed[0] in device memory: not 0 if it
  // is not positive definite; x is of no use then. failed: [2].
  void solve_positive_definite(double* matrix, index_t n, double* x, int* failed);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nbm::cuda
