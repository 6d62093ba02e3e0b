#include "nbm/core/device_memory.hpp"

#include <utility>

#include "core/cuda_memory.hpp"
#include "nbm/core/backend.hpp"
#include "nbm/core/error.hpp"

namespace nbm {
namespace {

int usable(Device device) {
  if (device.kind != Device::Kind::cuda) throw InvalidArgument("device", "is the CPU; expected a GPU such as 'cuda'");
  cuda::require_device(device.index);
  return device.index;
}

}  // namespace

DeviceMemory::DeviceMemory(Device device, std::size_t bytes)
    : device_(device), bytes_(bytes), data_(cuda::allocate(usable(device), bytes)) {}

DeviceMemory::DeviceMemory(Device device, std::size_t bytes, void* stream)
    : device_(device), bytes_(bytes), data_(cuda::allocate_from_pool(usable(device), bytes, stream)), pooled_(true) {}

DeviceMemory::~DeviceMemory() {
  if (data_ == nullptr) return;
  if (pooled_) {
    cuda::release_to_pool(device_.index, data_, events_, wait_);
  } else {
    cuda::release(device_.index, data_);
  }
}

DeviceMemory::DeviceMemory(DeviceMemory&& other) noexcept
    : device_(other.device_),
      bytes_(std::exchange(other.bytes_, 0)),
      data_(std::exchange(other.data_, nullptr)),
      pooled_(other.pooled_),
      wait_(other.wait_),
      events_(std::exchange(other.events_, {})) {}

DeviceMemory& DeviceMemory::operator=(DeviceMemory&& other) noexcept {
  std::swap(device_, other.device_);
  std::swap(bytes_, other.bytes_);
  std::swap(data_, other.data_);
  std::swap(pooled_, other.pooled_);
  std::swap(wait_, other.wait_);
  std::swap(events_, other.events_);
  return *this;
}

void DeviceMemory::used_by(void* stream) {
  // What is on the default stream is waited for in any case, and memory outside of pools is given back when all is
  // done.
  if (pooled_ && data_ != nullptr && stream != nullptr) events_.push_back(cuda::record_event(device_.index, stream));
}

void DeviceMemory::copy_from_host(const void* host, void* stream) {
  cuda::copy_from_host(device_.index, data_, host, bytes_, stream);
}

void DeviceMemory::copy_to_host(void* host, void* stream) const {
  cuda::copy_to_host(device_.index, host, data_, bytes_, stream);
}

void order_streams(Device device, void* earlier, void* later) {
  if (earlier != later) cuda::order_streams(usable(device), earlier, later);
}

void wait_for_stream(Device device, void* stream) { cuda::wait_for_stream(usable(device), stream); }

Device device_of(const void* pointer) {
  const int index = cuda::device_of(pointer);
  if (index < 0) throw InvalidArgument("pointer", "is not memory of a GPU");
  return Device::cuda(index);
}

}  // namespace nbm
