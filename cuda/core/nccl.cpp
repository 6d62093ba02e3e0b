#include "core/nccl.hpp"

#include <nccl.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/device_buffer.hpp"
#include "core/shared_library.hpp"
#include "core/stream.hpp"
#include "core/sum_parts.hpp"

namespace nbm::cuda {
namespace {

// Numbers of all ranks together that are gathered on a GPU: 8 MiB. Longer sums, which are rare, go through the host.
constexpr index_t kMostGathered = index_t{1} << 20;

struct Nccl {
  SharedLibrary library{"nccl", NCCL_MAJOR, "install NCCL and put its folder on LD_LIBRARY_PATH."};
  decltype(ncclGetUniqueId)* get_unique_id;
  decltype(ncclCommInitRank)* init_rank;
  decltype(ncclCommAbort)* abort;
  decltype(ncclAllGather)* all_gather;
  decltype(ncclGetErrorString)* error_string;

  Nccl() {
    library.find("ncclGetUniqueId", get_unique_id);
    library.find("ncclCommInitRank", init_rank);
    library.find("ncclCommAbort", abort);
    library.find("ncclAllGather", all_gather);
    library.find("ncclGetErrorString", error_string);
  }
  void check(ncclResult_t status, const char* call) const {
    if (status != ncclSuccess) throw Error(std::string(call) + " failed: " + error_string(status));
  }
};

// The numbers of all ranks are gathered and added in rank order: the bits of the sums through the host.
class NcclRanks final : public CommunicatorBackend {
 public:
  NcclRanks(Communicator ranks, int device, const NcclId& name)
      : NcclRanks(DeviceGuard(device), std::move(ranks), device) {
    const DeviceGuard guard(device_);
    ncclUniqueId id;
    static_assert(sizeof id == sizeof name);
    std::copy(name.begin(), name.end(), id.internal);
    nccl_.check(nccl_.init_rank(&communicator_, ranks_.size(), id, ranks_.rank()), "ncclCommInitRank");
  }
  // Not ncclCommDestroy, which waits for the other ranks.
  ~NcclRanks() override {
    device_.enter();
    if (communicator_ != nullptr) static_cast<void>(nccl_.abort(communicator_));
  }

  int rank() const override { return ranks_.rank(); }
  int size() const override { return ranks_.size(); }
  int local_rank() const override { return ranks_.local_rank(); }
  int ranks_sharing_cores() const override { return ranks_.ranks_sharing_cores(); }
  void sum(std::span<index_t> values) override { ranks_.sum(values); }
  void broadcast(std::span<double> values, int root) override { ranks_.broadcast(values, root); }
  void broadcast(std::span<char> bytes, int root) override { ranks_.broadcast(bytes, root); }

  void sum(std::span<double> values) override {
    start_sum(values);
    finish_sum();
  }
  void start_sum(std::span<double> values) override {
    const auto count = static_cast<index_t>(values.size());
    on_gpu_ = count * size() <= kMostGathered;
    if (!on_gpu_) return ranks_.start_sum(values);
    const DeviceGuard guard(device_);
    own_.upload(values, stream_);
    all_.resize(count * size());
    nccl_.check(nccl_.all_gather(own_.data(), all_.data(), values.size(), ncclDouble, communicator_, stream_),
                "ncclAllGather");
    sum_parts(all_.data(), size(), count, own_.data(), stream_);
    own_.download(values, stream_);
  }
  void finish_sum() override {
    if (!on_gpu_) return ranks_.finish_sum();
    const DeviceGuard guard(device_);
    stream_.wait();
  }
  void reserve(std::size_t count) override {
    ranks_.reserve(count);
    const DeviceGuard guard(device_);
    const index_t numbers = std::min(static_cast<index_t>(count), kMostGathered / size());
    own_.resize(numbers);
    all_.resize(numbers * size());
  }

 private:
  // The device is current while the members are made.
  NcclRanks(const DeviceGuard& /*current*/, Communicator ranks, int device)
      : device_(device), ranks_(std::move(ranks)) {}

  DeviceAtEnd device_;
  Communicator ranks_;
  Nccl nccl_;
  Stream stream_;
  ncclComm_t communicator_ = nullptr;
  DeviceBuffer<double> own_, all_;
  bool on_gpu_ = false;
};

}  // namespace

bool nccl_built() noexcept { return true; }

std::string nccl_path() noexcept { return library_path("nccl", NCCL_MAJOR); }

bool nccl_available() noexcept {
  try {
    const Nccl nccl;
    return true;
  } catch (...) {
    return false;
  }
}

NcclId make_nccl_id() {
  const Nccl nccl;
  ncclUniqueId id;
  nccl.check(nccl.get_unique_id(&id), "ncclGetUniqueId");
  NcclId name;
  std::copy(std::begin(id.internal), std::end(id.internal), name.begin());
  return name;
}

std::shared_ptr<CommunicatorBackend> make_nccl_ranks(const Communicator& ranks, int device, const NcclId& id) {
  return std::make_shared<NcclRanks>(ranks, device, id);
}

}  // namespace nbm::cuda
