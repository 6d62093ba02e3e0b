#include "core/blas.hpp"

#include <cublas_v2.h>
#include <cusolverDn.h>

#include <string>

#include "core/device_buffer.hpp"
#include "core/shared_library.hpp"
#include "nbm/core/error.hpp"

namespace nbm::cuda {
namespace {

constexpr const char* kAdvice =
    "the normal equations of Gauss-Newton on a GPU need it; install the CUDA toolkit, or NVIDIA's packages into this "
    "Python (pip install nvidia-cublas nvidia-cusolver), or put the folder of the library on LD_LIBRARY_PATH, or use "
    "Adam.";

void check_library(int status, const char* what) {
  if (status != 0) throw Error(std::string(what) + " failed with status " + std::to_string(status) + ".");
}

int as_int(index_t n) { return static_cast<int>(n); }

}  // namespace

struct Blas::State {
  explicit State(cudaStream_t s)
      : stream(s), cublas("cublas", CUBLAS_VER_MAJOR, kAdvice), cusolver("cusolver", CUSOLVER_VER_MAJOR, kAdvice) {
    cublas.find("cublasCreate_v2", create);
    cublas.find("cublasDestroy_v2", destroy);
    cublas.find("cublasSetStream_v2", set_stream);
    cublas.find("cublasDsyrk_v2", syrk);
    cublas.find("cublasDgemv_v2", gemv);
    cusolver.find("cusolverDnCreate", solver_create);
    cusolver.find("cusolverDnDestroy", solver_destroy);
    cusolver.find("cusolverDnSetStream", solver_set_stream);
    cusolver.find("cusolverDnDpotrf_bufferSize", potrf_size);
    cusolver.find("cusolverDnDpotrf", potrf);
    cusolver.find("cusolverDnDpotrs", potrs);
    check_library(create(&blas), "starting cuBLAS");
    check_library(set_stream(blas, stream), "starting cuBLAS");
    check_library(solver_create(&solver), "starting cuSOLVER");
    check_library(solver_set_stream(solver, stream), "starting cuSOLVER");
  }
  ~State() {
    if (blas != nullptr) destroy(blas);
    if (solver != nullptr) solver_destroy(solver);
  }

  cudaStream_t stream;
  SharedLibrary cublas, cusolver;
  decltype(cublasCreate_v2)* create;
  decltype(cublasDestroy_v2)* destroy;
  decltype(cublasSetStream_v2)* set_stream;
  decltype(cublasDsyrk_v2)* syrk;
  decltype(cublasDgemv_v2)* gemv;
  decltype(cusolverDnCreate)* solver_create;
  decltype(cusolverDnDestroy)* solver_destroy;
  decltype(cusolverDnSetStream)* solver_set_stream;
  decltype(cusolverDnDpotrf_bufferSize)* potrf_size;
  decltype(cusolverDnDpotrf)* potrf;
  decltype(cusolverDnDpotrs)* potrs;
  cublasHandle_t blas = nullptr;
  cusolverDnHandle_t solver = nullptr;
  DeviceBuffer<double> work;
};

Blas::Blas(cudaStream_t stream) : state_(std::make_unique<State>(stream)) {}
Blas::~Blas() = default;

std::vector<CudaLibrary> Blas::libraries() noexcept {
  return {{"cublas", library_path("cublas", CUBLAS_VER_MAJOR)},
          {"cusolver", library_path("cusolver", CUSOLVER_VER_MAJOR)}};
}

// Row-major and upper is column-major and lower.
void Blas::add_gram_matrix(const double* panel, index_t rows, index_t pitch, index_t columns, double* target,
                           index_t stride) {
  const double one = 1.0;
  check_library(state_->syrk(state_->blas, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_T, as_int(columns), as_int(rows), &one,
                             panel, as_int(pitch), &one, target, as_int(stride)),
                "cublasDsyrk");
}

void Blas::add_row_gram_matrix(const double* panel, index_t rows, index_t pitch, index_t columns, double* target,
                               index_t stride) {
  const double one = 1.0;
  check_library(state_->syrk(state_->blas, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, as_int(rows), as_int(columns), &one,
                             panel, as_int(pitch), &one, target, as_int(stride)),
                "cublasDsyrk");
}

void Blas::add_product(const double* panel, index_t rows, index_t pitch, index_t columns, const double* x,
                       double* target) {
  const double one = 1.0;
  check_library(state_->gemv(state_->blas, CUBLAS_OP_T, as_int(rows), as_int(columns), &one, panel, as_int(pitch), x, 1,
                             &one, target, 1),
                "cublasDgemv");
}

void Blas::solve_positive_definite(double* matrix, index_t n, double* x, int* failed) {
  State& s = *state_;
  int size = 0;
  check_library(s.potrf_size(s.solver, CUBLAS_FILL_MODE_LOWER, as_int(n), matrix, as_int(n), &size),
                "cusolverDnDpotrf_bufferSize");
  s.work.resize(size);
  check_library(s.potrf(s.solver, CUBLAS_FILL_MODE_LOWER, as_int(n), matrix, as_int(n), s.work.data(), size, failed),
                "cusolverDnDpotrf");
  // Not before the host knows: with a matrix that was not factorized it does no harm.
  check_library(s.potrs(s.solver, CUBLAS_FILL_MODE_LOWER, as_int(n), 1, matrix, as_int(n), x, as_int(n), failed + 1),
                "cusolverDnDpotrs");
}

}  // namespace nbm::cuda
