#pragma once
#include <memory>
#include <span>

#include "nbm/core/types.hpp"

namespace nbm {

// What a message-passing backend provides. Every call but the const ones is collective over the ranks.
class NBM_EXPORT CommunicatorBackend {
 public:
  virtual ~CommunicatorBackend() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  // Sum over the ranks, in place, the same bits on every rank.
  virtual void sum(std::span<double> values) = 0;
  virtual void sum(std::span<index_t> values) = 0;
  // The same in two calls, between which the message is under way: this rank may compute, but must neither touch
  // `values` nor use this communicator. The bits are those of `sum`.
  virtual void start_sum(std::span<double> values) = 0;
  virtual void finish_sum() = 0;
  virtual void broadcast(std::span<double> values, int root) = 0;
  virtual void broadcast(std::span<char> bytes, int root) = 0;
  // Takes the memory that sums of up to `count` doubles need, so that none fails for want of it. Not collective.
  virtual void reserve(std::size_t /*count*/) {}
  // Number of this rank among those of its node.
  virtual int local_rank() const { return 0; }
  // Ranks, this one included, whose threads may run on the cores that this process may use.
  virtual int ranks_sharing_cores() const { return 1; }
};

// The ranks that train together: a small value, cheap to copy. Default: this process alone.
class NBM_EXPORT Communicator {
 public:
  Communicator() = default;
  explicit Communicator(std::shared_ptr<CommunicatorBackend> backend) : backend_(std::move(backend)) {}

  int rank() const { return backend_ ? backend_->rank() : 0; }
  int size() const { return backend_ ? backend_->size() : 1; }
  void sum(std::span<double> values) const {
    if (backend_) backend_->sum(values);
  }
  void sum(std::span<index_t> values) const {
    if (backend_) backend_->sum(values);
  }
  void start_sum(std::span<double> values) const {
    if (backend_) backend_->start_sum(values);
  }
  void finish_sum() const {
    if (backend_) backend_->finish_sum();
  }
  void broadcast(std::span<double> values, int root = 0) const {
    if (backend_) backend_->broadcast(values, root);
  }
  void broadcast(std::span<char> bytes, int root = 0) const {
    if (backend_) backend_->broadcast(bytes, root);
  }
  void reserve(std::size_t count) const {
    if (backend_) backend_->reserve(count);
  }
  int local_rank() const { return backend_ ? backend_->local_rank() : 0; }
  int ranks_sharing_cores() const { return backend_ ? backend_->ranks_sharing_cores() : 1; }

 private:
  std::shared_ptr<CommunicatorBackend> backend_;
};

// The half-open range of global indices [begin, end).
struct IndexRange {
  index_t begin = 0;
  index_t end = 0;

  index_t size() const { return end - begin; }
  friend bool operator==(const IndexRange&, const IndexRange&) = default;
};

// The share of rank `rank` out of `ranks` in `count` globally numbered items: contiguous, sizes differ by at most 1.
constexpr IndexRange share_of(index_t count, int rank, int ranks) {
  return {count * rank / ranks, count * (rank + 1) / ranks};
}

}  // namespace nbm
