// Linked instead of cuda/core/blas.cpp in a build without the headers of cuBLAS and cuSOLVER.
#include "core/blas.hpp"
#include "nbm/core/error.hpp"

namespace nbm::cuda {

struct Blas::State {};

Blas::Blas(cudaStream_t /*stream*/) {
  throw BackendUnavailable("cuda",
                           "this build of nbm has no cuBLAS, which Gauss-Newton on a GPU needs: build with "
                           "-DNBM_CUBLAS=ON where cublas_v2.h and cusolverDn.h are, or use Adam, or device='cpu'.");
}
Blas::~Blas() = default;

std::vector<CudaLibrary> Blas::libraries() noexcept { return {}; }

// What follows is not reached: there is no object.
void Blas::add_gram_matrix(const double* /*panel*/, index_t /*rows*/, index_t /*pitch*/, index_t /*columns*/,
                           double* /*target*/, index_t /*stride*/) {}
void Blas::add_row_gram_matrix(const double* /*panel*/, index_t /*rows*/, index_t /*pitch*/, index_t /*columns*/,
                               double* /*target*/, index_t /*stride*/) {}
void Blas::add_product(const double* /*panel*/, index_t /*rows*/, index_t /*pitch*/, index_t /*columns*/,
                       const double* /*x*/, double* /*target*/) {}
void Blas::solve_positive_definite(double* /*matrix*/, index_t /*n*/, double* /*x*/, int* /*failed*/) {}

}  // namespace nbm::cuda
