#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "core/device_buffer.hpp"
#include "core/stream.hpp"
#include "core/sum_parts.hpp"
#include "nbm/core/backend.hpp"
#include "nbm/core/device.hpp"
#include "nbm/core/error.hpp"

namespace {

using nbm::Device;

TEST(CudaDevice, IsBuiltAndCounted) {
  EXPECT_TRUE(nbm::cuda::built());
  EXPECT_GE(nbm::cuda::device_count(), 0);
}

TEST(CudaDevice, ThatIsNotThereIsRefused) {
  try {
    nbm::cuda::require_device(nbm::cuda::device_count());
    FAIL() << "require_device did not throw";
  } catch (const nbm::BackendUnavailable& error) {
    EXPECT_EQ(error.backend, "cuda");
  }
  EXPECT_THROW(nbm::cuda::require_device(-1), nbm::BackendUnavailable);
}

TEST(CudaDevice, IsTheAutomaticChoiceWhereThereIsOne) {
  EXPECT_EQ(Device::automatic(), nbm::cuda::device_count() > 0 ? Device::cuda(0) : Device::cpu());
}

TEST(CudaDevice, SaysHowMuchMemoryIsFree) {
  EXPECT_THROW(nbm::cuda::free_memory(nbm::cuda::device_count()), nbm::BackendUnavailable);
  if (nbm::cuda::device_count() == 0) GTEST_SKIP() << "no GPU";
  constexpr std::int64_t bytes = std::int64_t{64} << 20;
  const std::int64_t before = nbm::cuda::free_memory(0);
  const nbm::cuda::DeviceBuffer<unsigned char> buffer(bytes);
  EXPECT_LE(nbm::cuda::free_memory(0), before - bytes);
}

// Numbers whose sum depends on the order.
TEST(SumParts, AddsInTheOrderOfTheRanks) {
  if (nbm::cuda::device_count() == 0) GTEST_SKIP() << "no GPU";
  constexpr int kRanks = 5;
  constexpr nbm::index_t kCount = 700;
  std::vector<double> parts(kRanks * kCount), expected(kCount, 0.0), sums(kCount);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i] = std::sin(static_cast<double>(i)) * std::pow(10.0, static_cast<double>(i % 13));
    expected[i % kCount] += parts[i];
  }
  const nbm::cuda::Stream stream;
  nbm::cuda::DeviceBuffer<double> on_device, result(kCount);
  on_device.upload(parts, stream);
  nbm::cuda::sum_parts(on_device.data(), kRanks, kCount, result.data(), stream);
  result.download(sums, stream);
  stream.wait();
  EXPECT_EQ(sums, expected);
}

TEST(DeviceBuffer, BringsBackWhatWasSent) {
  if (nbm::cuda::device_count() == 0) GTEST_SKIP() << "no GPU";
  const nbm::cuda::Stream stream;
  std::vector<double> sent(1001), back(1001);
  std::iota(sent.begin(), sent.end(), 0.5);
  nbm::cuda::DeviceBuffer<double> buffer;
  buffer.upload(sent, stream);
  nbm::cuda::DeviceBuffer<double> moved = std::move(buffer);
  moved.download(back, stream);
  stream.wait();
  EXPECT_EQ(sent, back);
  moved.zero(stream);
  moved.download(std::span(back).first(10), stream);
  stream.wait();
  EXPECT_EQ(std::vector<double>(back.begin(), back.begin() + 10), std::vector<double>(10, 0.0));
}

}  // namespace
