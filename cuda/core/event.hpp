#pragma once
#include "core/error.hpp"

namespace nbm::cuda {

// A place in the work of a stream, for which others can wait.
class Event {
 public:
  Event() { check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "making a CUDA event"); }
  ~Event() { static_cast<void>(cudaEventDestroy(event_)); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void record(cudaStream_t stream) const { check(cudaEventRecord(event_, stream), "marking a place on a stream"); }
  // Work that `stream` is given from now on begins after what was recorded last, if anything was.
  void hold(cudaStream_t stream) const { check(cudaStreamWaitEvent(stream, event_, 0), "the order of two streams"); }

 private:
  cudaEvent_t event_{};
};

}  // namespace nbm::cuda
