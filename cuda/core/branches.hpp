#pragma once
#include <memory>
#include <vector>

#include "core/event.hpp"
#include "core/stream.hpp"

namespace nbm::cuda {

// Streams beside a stream, for work that need not follow each other; also while the stream is recorded, where they
// become branches of the graph. Made on the current device.
class Branches {
 public:
  explicit Branches(int count, Urgency urgency = Urgency::usual) {
    for (int i = 0; i < count; ++i) branches_.push_back(std::make_unique<Branch>(urgency));
  }

  // The branch, on which work from now on begins after that which is on `stream`. To be joined before it is forked
  // again.
  cudaStream_t fork(int branch, cudaStream_t stream) {
    Branch& b = *branches_[static_cast<std::size_t>(branch)];
    b.begin.record(stream);
    b.begin.hold(b.stream);
    b.used = true;
    return b.stream;
  }
  // Work that `stream` is given from now on begins after that of all branches.
  void join(cudaStream_t stream) {
    for (const auto& b : branches_) {
      if (!b->used) continue;
      b->end.record(b->stream);
      b->end.hold(stream);
      b->used = false;
    }
  }

 private:
  struct Branch {
    explicit Branch(Urgency urgency) : stream(urgency) {}

    Stream stream;
    Event begin, end;
    bool used = false;
  };

  std::vector<std::unique_ptr<Branch>> branches_;
};

}  // namespace nbm::cuda
