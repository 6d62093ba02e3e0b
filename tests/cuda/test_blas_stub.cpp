// A build without the headers of cuBLAS and cuSOLVER (cuda/blas_stub.cpp).
#include <gtest/gtest.h>

#include "core/blas.hpp"
#include "nbm/core/error.hpp"

TEST(BlasStub, SaysHowToGetIt) {
  EXPECT_TRUE(nbm::cuda::Blas::libraries().empty());
  try {
    const nbm::cuda::Blas blas(nullptr);
    FAIL() << "there is none";
  } catch (const nbm::BackendUnavailable& error) {
    EXPECT_NE(std::string(error.what()).find("NBM_CUBLAS"), std::string::npos);
  }
}
