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

// The device of an object's members while these are given back: the first member, so that it goes last. The object's
// destructor calls enter(); the device before is the current one again at the end.
class DeviceAtEnd {
 public:
  explicit DeviceAtEnd(int device) : device_(device) {}
  ~DeviceAtEnd() {
    if (entered_) static_cast<void>(cudaSetDevice(before_));
  }
  DeviceAtEnd(const DeviceAtEnd&) = delete;
  DeviceAtEnd& operator=(const DeviceAtEnd&) = delete;

  void enter() noexcept { entered_ = cudaGetDevice(&before_) == cudaSuccess && cudaSetDevice(device_) == cudaSuccess; }
  operator int() const { return device_; }  // NOLINT: stands wherever a device is wanted

 private:
  int device_, before_ = 0;
  bool entered_ = false;
};

// Blocks of urgent work begin before those of usual work that wait too, also where it was recorded.
enum class Urgency { usual, urgent };

// A stream of its own on the current device.
class Stream {
 public:
  explicit Stream(Urgency urgency = Urgency::usual) {
    int usual = 0, urgent = 0;
    check(cudaDeviceGetStreamPriorityRange(&usual, &urgent), "asking for the priorities of CUDA streams");
    const int priority = urgency == Urgency::urgent ? urgent : usual;
    check(cudaStreamCreateWithPriority(&stream_, cudaStreamNonBlocking, priority), "making a CUDA stream");
  }
  ~Stream() { static_cast<void>(cudaStreamDestroy(stream_)); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  operator cudaStream_t() const { return stream_; }  // NOLINT: stands wherever the runtime wants a stream
  void wait() const { check(cudaStreamSynchronize(stream_), "work on the GPU"); }

 private:
  cudaStream_t stream_ = nullptr;
};

}  // namespace nbm::cuda
