#pragma once
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

#include "nbm/core/types.hpp"

namespace nbm {

// Uninitialised memory for numbers, aligned for the widest vectors of the CPU. Grows, never shrinks.
template <class T>
class AlignedBuffer {
  static_assert(std::is_trivial_v<T>);

 public:
  static constexpr std::size_t alignment = 64;

  AlignedBuffer() = default;
  explicit AlignedBuffer(index_t size) { reserve(size); }

  // At least `size` numbers; their values are lost when the buffer grows.
  T* reserve(index_t size) {
    if (size > capacity_) {
      data_.reset(
          static_cast<T*>(::operator new(sizeof(T) * static_cast<std::size_t>(size), std::align_val_t(alignment))));
      capacity_ = size;
    }
    return data_.get();
  }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(T* p) const { ::operator delete(p, std::align_val_t(alignment)); }
  };
  std::unique_ptr<T[], Free> data_;
  index_t capacity_ = 0;
};

}  // namespace nbm
