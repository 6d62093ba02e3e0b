#include <gtest/gtest.h>

#include <vector>

#include "core/device_buffer.hpp"
#include "core/scan.hpp"
#include "core/stream.hpp"
#include "rows_on_host.hpp"

// core/scan.hpp, on a GPU and on what stands for one.
namespace nbm::cuda {
namespace {

using CudaScan = testing::DeviceTest;

std::vector<index_t> numbers_in(const DeviceBuffer<index_t>& buffer, const Stream& stream) {
  std::vector<index_t> host(static_cast<std::size_t>(buffer.size()));
  buffer.download(host, stream);
  stream.wait();
  return host;
}

// Two sequences in parts of three, of which a size in device memory says how many there are: five, so that the third
// part has none, and what lies behind it stays.
TEST_F(CudaScan, GoesOnFromPartToPart) {
  const Stream stream;
  DeviceBuffer<std::int32_t> count;
  DeviceBuffer<index_t> before, size;
  constexpr index_t kUntouched = -7;
  before.upload(std::vector<index_t>(22, kUntouched), stream);
  size.upload(std::vector<index_t>{5}, stream);
  const std::vector<std::int32_t> parts[3] = {{1, 2, 3, 10, 20, 30}, {4, 5, 99, 40, 50, 99}, {99, 99, 99, 99, 99, 99}};
  for (index_t part = 0; part < 3; ++part) {
    count.upload(parts[part], stream);
    exclusive_scan({count.data(), 3, before.data(), 11, nullptr}, 2, 3 * part, 3, size.data(), stream);
  }
  const index_t u = kUntouched;
  EXPECT_EQ(numbers_in(before, stream),
            (std::vector<index_t>{0, 1, 3, 6, 10, 15, u, u, u, u, u, 0, 10, 30, 60, 100, 150, u, u, u, u, u}));
}

TEST_F(CudaScan, OfNothingIsZero) {
  const Stream stream;
  DeviceBuffer<std::int32_t> count(1);
  DeviceBuffer<index_t> before(1), total(1), size;
  size.upload(std::vector<index_t>{0}, stream);
  exclusive_scan({count.data(), 1, before.data(), 1, total.data()}, 1, 0, 1, size.data(), stream);
  EXPECT_EQ(numbers_in(before, stream), std::vector<index_t>{0});
  EXPECT_EQ(numbers_in(total, stream), std::vector<index_t>{0});
}

}  // namespace
}  // namespace nbm::cuda
