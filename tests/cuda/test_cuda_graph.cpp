#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "core/device_buffer.hpp"
#include "core/graph.hpp"
#include "core/stream.hpp"
#include "nbm/core/error.hpp"
#include "rows_on_host.hpp"

// core/graph.hpp, on a GPU and on what stands for one.
namespace nbm::cuda {
namespace {

using CudaGraph = testing::OnDevice;

std::vector<int> numbers_in(const DeviceBuffer<int>& buffer, const Stream& stream) {
  std::vector<int> host(static_cast<std::size_t>(buffer.size()));
  buffer.download(host, stream);
  stream.wait();
  return host;
}

TEST_F(CudaGraph, RunsWhenLaunchedAndNotWhenRecorded) {
  const Stream stream;
  DeviceBuffer<int> buffer;
  buffer.upload(std::vector<int>{1, 2, 3}, stream);
  const Graph graph(stream, [&] { buffer.zero(stream); });
  EXPECT_EQ(numbers_in(buffer, stream), (std::vector<int>{1, 2, 3}));
  for (int launch = 0; launch < 2; ++launch) {
    graph.launch(stream);
    EXPECT_EQ(numbers_in(buffer, stream), (std::vector<int>{0, 0, 0}));
    buffer.upload(std::vector<int>{4, 5, 6}, stream);
  }
}

TEST_F(CudaGraph, LeavesTheStreamInOrderWhenRecordingFails) {
  const Stream stream;
  DeviceBuffer<int> buffer;
  buffer.upload(std::vector<int>{7}, stream);
  EXPECT_THROW(Graph(stream, [] { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_THROW(Graph(stream, [&] { stream.wait(); }), Error);
  buffer.zero(stream);
  EXPECT_EQ(numbers_in(buffer, stream), std::vector<int>{0});
}

TEST_F(CudaGraph, MayNotAllocate) {
  const Stream stream;
  EXPECT_THROW(Graph(stream, [] { DeviceBuffer<int> more(1000); }), Error);
  EXPECT_NO_THROW(DeviceBuffer<int>(1000));
}

}  // namespace
}  // namespace nbm::cuda
