#pragma once
#include "core/error.hpp"

namespace nbm::cuda {

// Makes `device` the current one of this thread, and the one before again at the end.
class DeviceGuard {
 public:
  explicit DeviceGuard(int device) {
    check(cudaGetDevice(&before_), "asking for the current GPU");
    if (device != before_) check(cudaSetDevice(device), "the choice of the GPU");
  }
  ~DeviceGuard() { static_cast<void>(cudaSetDevice(before_)); }
  DeviceGuard(const DeviceGuard&) = delete;
  DeviceGuard& operator=(const DeviceGuard&) = delete;

 private:
  int before_ = 0;
};

// A stream of its own on the current device.
class Stream {
 public:
  Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a CUDA stream"); }
  ~Stream() { static_cast<void>(cudaStreamDestroy(stream_)); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  operator cudaStream_t() const { return stream_; }  // NOLINT: stands wherever the runtime wants a stream
  void wait() const { check(cudaStreamSynchronize(stream_), "work on the GPU"); }

 private:
  cudaStream_t stream_ = nullptr;
};

}  // namespace nbm::cuda
