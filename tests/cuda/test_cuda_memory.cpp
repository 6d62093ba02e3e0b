#include <gtest/gtest.h>

#include <numeric>
#include <utility>
#include <vector>

#include "device_fixture.hpp"
#include "nbm/core/device_memory.hpp"
#include "nbm/core/error.hpp"

namespace {

using nbm::Device;
using nbm::DeviceMemory;

TEST(DeviceMemory, KeepsWhatIsCopied) {
  NBM_NEEDS_DEVICE();
  std::vector<double> sent(1001), back(1001);
  std::iota(sent.begin(), sent.end(), 0.5);
  DeviceMemory memory(Device::cuda(), sent.size() * sizeof(double));
  memory.copy_from_host(sent.data());
  DeviceMemory moved = std::move(memory);
  EXPECT_EQ(moved.size(), 8008U);
  EXPECT_EQ(memory.data(), nullptr);  // NOLINT: what is left of it
  EXPECT_EQ(nbm::device_of(moved.data()), Device::cuda());
  moved.copy_to_host(back.data());
  EXPECT_EQ(sent, back);
}

TEST(DeviceMemory, MayBeEmpty) {
  NBM_NEEDS_DEVICE();
  DeviceMemory memory(Device::cuda(), 0);
  memory.copy_from_host(nullptr);
  memory.copy_to_host(nullptr);
  EXPECT_EQ(memory.size(), 0U);
}

TEST(DeviceMemory, IsThatOfAGpu) {
  EXPECT_THROW(DeviceMemory(Device::cpu(), 8), nbm::InvalidArgument);
  EXPECT_THROW(DeviceMemory(Device::cuda(nbm::cuda::device_count()), 8), nbm::BackendUnavailable);
  EXPECT_THROW(nbm::wait_for_stream(Device::cpu(), nullptr), nbm::InvalidArgument);
}

TEST(DeviceMemory, OfAPoolServesOneAfterTheOther) {
  NBM_NEEDS_DEVICE();
  const nbm::cuda::Stream stream;
  for (int round = 0; round < 3; ++round) {
    const std::vector<double> sent(1000, round + 0.5);
    std::vector<double> back(sent.size());
    DeviceMemory memory(Device::cuda(), sent.size() * sizeof(double), stream);
    memory.copy_from_host(sent.data(), stream);
    DeviceMemory moved(Device::cuda(), 8);  // not a pool's
    moved = std::move(memory);
    moved.used_by(stream);
    moved.copy_to_host(back.data(), stream);
    if (round == 1) moved.wait_at_end();
    EXPECT_EQ(back, sent);
  }
  EXPECT_EQ(DeviceMemory(Device::cuda(), 0, stream).data(), nullptr);
  EXPECT_THROW(DeviceMemory(Device::cpu(), 8, nullptr), nbm::InvalidArgument);
}

// A copy on one stream, then one on another that must see it.
TEST(Streams, FollowEachOtherWhereAsked) {
  NBM_NEEDS_DEVICE();
  const nbm::cuda::Stream first, second;
  std::vector<double> sent(1 << 16, 3.0), back(sent.size());
  DeviceMemory from(Device::cuda(), sent.size() * sizeof(double)), to(Device::cuda(), from.size());
  from.copy_from_host(sent.data(), first);
  EXPECT_EQ(cudaMemcpyAsync(to.data(), from.data(), from.size(), cudaMemcpyDeviceToDevice, first), cudaSuccess);
  nbm::order_streams(Device::cuda(), first, second);
  to.copy_to_host(back.data(), second);
  EXPECT_EQ(back, sent);
  nbm::wait_for_stream(Device::cuda(), first);
}

}  // namespace
