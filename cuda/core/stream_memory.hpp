#pragma once
#include <type_traits>

#include "core/memory_pool.hpp"
#include "nbm/core/types.hpp"

namespace nbm::cuda {

// Memory of the current device for the work that is given to a stream while this object lives: taken from a pool and
// given back in the order of the stream, so that neither waits, and calls of several threads never share it.
template <class T>
class StreamMemory {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  StreamMemory(index_t size, cudaStream_t stream) : stream_(stream) {
    if (size == 0) return;
    int device = 0;
    check(cudaGetDevice(&device), "asking for the current GPU");
    check(cudaMallocFromPoolAsync(reinterpret_cast<void**>(&data_), sizeof(T) * static_cast<std::size_t>(size),
                                  memory_pool(device), stream),
          "an allocation of GPU memory");
  }
  ~StreamMemory() {
    if (data_ != nullptr) static_cast<void>(cudaFreeAsync(data_, stream_));
  }
  StreamMemory(const StreamMemory&) = delete;
  StreamMemory& operator=(const StreamMemory&) = delete;

  T* data() const { return data_; }

 private:
  T* data_ = nullptr;
  cudaStream_t stream_;
};

}  // namespace nbm::cuda
