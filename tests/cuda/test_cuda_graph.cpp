#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "core/branches.hpp"
#include "core/device_buffer.hpp"
#include "core/graph.hpp"
#include "core/stream.hpp"
#include "nbm/core/error.hpp"
#include "rows_on_host.hpp"

// core/graph.hpp, on a GPU and on what stands for one.
namespace nbm::cuda {
namespace {

using CudaGraph = testing::DeviceTest;

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

// One after the other on the stream, with what runs beside between them.
TEST_F(CudaGraph, HasTheBranchesOfItsStream) {
  const Stream stream;
  Branches branches(2);
  DeviceBuffer<int> first(2), second(2), sum(2), from;
  from.upload(std::vector<int>{5, 6}, stream);
  const auto enqueue = [&] {
    sum.copy(from, stream);
    first.copy(sum, branches.fork(0, stream));
    second.copy(sum, branches.fork(1, stream));
    branches.join(stream);
    sum.copy(second, stream);
    first.copy(sum, branches.fork(1, stream));  // a branch is free again
    branches.join(stream);
  };
  enqueue();
  EXPECT_EQ(numbers_in(first, stream), (std::vector<int>{5, 6}));
  const Graph graph(stream, enqueue);
  from.upload(std::vector<int>{7, 8}, stream);
  EXPECT_EQ(numbers_in(first, stream), (std::vector<int>{5, 6}));
  for (int launch = 0; launch < 2; ++launch) {
    graph.launch(stream);
    EXPECT_EQ(numbers_in(first, stream), (std::vector<int>{7, 8}));
    EXPECT_EQ(numbers_in(second, stream), (std::vector<int>{7, 8}));
  }
}

TEST_F(CudaGraph, WantsItsBranchesJoined) {
  const Stream stream;
  DeviceBuffer<int> buffer(1);
  {
    Branches branches(1);
    EXPECT_THROW(Graph(stream, [&] { buffer.zero(branches.fork(0, stream)); }), Error);
  }
  buffer.zero(stream);
  EXPECT_EQ(numbers_in(buffer, stream), std::vector<int>{0});
}

}  // namespace
}  // namespace nbm::cuda
