#pragma once
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "nbm/core/types.hpp"

namespace nbm::cuda {

// Memory on the current device. Grows, never shrinks; what it held is lost when it grows. Copies are in the order of
// the stream; those from pageable memory may be reused on return, those to it are complete after the stream is.
template <class T>
class DeviceBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  DeviceBuffer() = default;
  explicit DeviceBuffer(index_t size) { resize(size); }
  ~DeviceBuffer() { release(); }
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  index_t size() const { return size_; }

  T* resize(index_t size) {
    if (size > capacity_) {
      release();
      check(cudaMalloc(reinterpret_cast<void**>(&data_), bytes(size)), "an allocation of GPU memory");
      capacity_ = size;
    }
    size_ = size;
    return data_;
  }
  void zero(cudaStream_t stream) {
    if (size_ > 0) check(cudaMemsetAsync(data_, 0, bytes(size_), stream), "clearing GPU memory");
  }
  // Takes the size of `host`.
  void upload(std::span<const T> host, cudaStream_t stream) {
    resize(static_cast<index_t>(host.size()));
    if (size_ == 0) return;
    check(cudaMemcpyAsync(data_, host.data(), bytes(size_), cudaMemcpyHostToDevice, stream), "a copy to the GPU");
  }
  // Takes size and numbers of another buffer.
  void copy(const DeviceBuffer& from, cudaStream_t stream) {
    resize(from.size_);
    if (size_ == 0) return;
    check(cudaMemcpyAsync(data_, from.data_, bytes(size_), cudaMemcpyDeviceToDevice, stream), "a copy on the GPU");
  }
  // The first host.size() numbers.
  void download(std::span<T> host, cudaStream_t stream) const {
    if (host.empty()) return;
    check(cudaMemcpyAsync(host.data(), data_, host.size_bytes(), cudaMemcpyDeviceToHost, stream),
          "a copy from the GPU");
  }

 private:
  static std::size_t bytes(index_t size) { return sizeof(T) * static_cast<std::size_t>(size); }
  void release() {
    if (data_ != nullptr) static_cast<void>(cudaFree(data_));  // fails only where an earlier error is reported already
    data_ = nullptr;
    capacity_ = 0;
  }

  T* data_ = nullptr;
  index_t size_ = 0, capacity_ = 0;
};

}  // namespace nbm::cuda
