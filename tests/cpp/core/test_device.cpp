#include <gtest/gtest.h>

#include "nbm/core/backend.hpp"
#include "nbm/core/device.hpp"
#include "nbm/core/error.hpp"

namespace {

using nbm::Device;

TEST(Device, ParsesNames) {
  EXPECT_EQ(Device::parse("cpu"), Device::cpu());
  EXPECT_EQ(Device::parse("cuda"), Device::cuda(0));
  EXPECT_EQ(Device::parse("cuda:3"), Device::cuda(3));
  EXPECT_EQ(Device::parse("cuda:3").name(), "cuda:3");
  for (const char* bad : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x"}) {
    EXPECT_THROW(Device::parse(bad), nbm::InvalidArgument) << bad;
  }
}

TEST(Device, RanksOfANodeTakeItsGpusInTurn) {
  for (int local_rank = 0; local_rank < 8; ++local_rank) {
    EXPECT_EQ(Device::cuda_of_rank(local_rank, 4), Device::cuda(local_rank % 4));
    EXPECT_EQ(Device::cuda_of_rank(local_rank, 1), Device::cuda(0));
    EXPECT_EQ(Device::cuda_of_rank(local_rank, 0), Device::cuda(0));
    EXPECT_EQ(Device::parse("cpu", local_rank), Device::cpu());
    EXPECT_EQ(Device::parse("cuda:5", local_rank), Device::cuda(5));  // as it was asked for
  }
  EXPECT_EQ(Device::parse("cuda", 3), Device::cuda_of_rank(3, nbm::cuda::device_count()));
}

TEST(Device, WithoutTheBackendCudaSaysWhatIsMissing) {
  if (nbm::cuda::built()) GTEST_SKIP() << "this build has the CUDA backend";
  EXPECT_EQ(Device::automatic(), Device::cpu());
  try {
    nbm::cuda::require_device(0);
    FAIL() << "require_device did not throw";
  } catch (const nbm::BackendUnavailable& e) {
    EXPECT_EQ(e.backend, "cuda");
  }
}

}  // namespace
