#pragma once
#include <utility>

#include "core/error.hpp"

namespace nbm::cuda {

// Work that was recorded from a stream, to be sent off again as one: kernels with the arguments that they had, and
// operations on device memory.
class Graph {
 public:
  // Records what enqueue() sends to `stream`; nothing of it runs. It may neither wait nor allocate.
  template <class Enqueue>
  Graph(cudaStream_t stream, Enqueue&& enqueue) {
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "the start of recording a CUDA graph");
    cudaGraph_t graph = nullptr;
    try {
      enqueue();
    } catch (...) {
      static_cast<void>(cudaStreamEndCapture(stream, &graph));
      if (graph != nullptr) static_cast<void>(cudaGraphDestroy(graph));
      static_cast<void>(cudaGetLastError());
      throw;
    }
    check(cudaStreamEndCapture(stream, &graph), "recording a CUDA graph");
    const cudaError_t status = cudaGraphInstantiate(&graph_, graph, 0);
    static_cast<void>(cudaGraphDestroy(graph));
    check(status, "making a CUDA graph");
  }
  ~Graph() {
    if (graph_ != nullptr) static_cast<void>(cudaGraphExecDestroy(graph_));
  }
  Graph(Graph&& other) noexcept : graph_(std::exchange(other.graph_, nullptr)) {}
  Graph& operator=(Graph&& other) noexcept {
    std::swap(graph_, other.graph_);
    return *this;
  }

  // In the order of the stream. The memory that the recorded work uses must still be there.
  void launch(cudaStream_t stream) const { check(cudaGraphLaunch(graph_, stream), "the launch of a CUDA graph"); }

 private:
  cudaGraphExec_t graph_ = nullptr;
};

}  // namespace nbm::cuda
