#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "core/stream.hpp"
#include "core/stream_memory.hpp"
#include "network/device_expansion.hpp"
#include "problem/device_field.hpp"
#include "solution/cuda_solution.hpp"
#include "solution/device_correction.hpp"
#include "solution/solution_kernels.hpp"

namespace nbm::cuda {
namespace {

constexpr index_t kMostPoints = index_t{1} << 20;  // of host memory on the device at a time
constexpr index_t kMostSums = index_t{1} << 16;    // points of an expansion at a time: its sums stay in the cache

// What lies on the device, in both precisions; never changed.
struct Resident {
  Resident(const Solution& solution, cudaStream_t stream)
      : level_set(solution.level_set(), "level_set", stream),
        single(solution.siren(), stream),
        twice(solution.siren(), stream) {
    DeviceBuffer<double> parameters;
    parameters.upload(solution.parameters(), stream);
    single.prepare(parameters.data(), kSides, {}, stream);
    twice.prepare(parameters.data(), kSides, {}, stream);
    if (solution.correction() != nullptr) correction.emplace(*solution.correction(), stream);
    if (solution.expansion() != nullptr) expansion.emplace(*solution.expansion(), stream);
    check(cudaStreamSynchronize(stream), "the copy of a solution to the GPU");
  }

  DeviceField level_set;
  DeviceNetworks<float> single;
  DeviceNetworks<double> twice;
  std::optional<DeviceCorrection> correction;
  std::optional<DeviceExpansion> expansion;
};

const void* moved(const void* numbers, index_t bytes) {
  return numbers == nullptr ? nullptr : static_cast<const char*>(numbers) + bytes;
}
void* moved(void* numbers, index_t bytes) { return numbers == nullptr ? nullptr : static_cast<char*>(numbers) + bytes; }

// Points [first, first + count) of arrays on the device, and what is wanted there.
SolutionArrays part_of(const SolutionArrays& all, index_t first, index_t count) {
  const index_t before = first * (all.type == Precision::float32 ? index_t{sizeof(float)} : index_t{sizeof(double)});
  SolutionArrays part = all;
  part.size = count;
  for (int k = 0; k < kDim; ++k) {
    part.points[k] = moved(all.points[k], before * all.stride);
    part.gradient[k] = moved(all.gradient[k], before * all.gradient_stride);
  }
  part.values = moved(all.values, before);
  part.level_set = moved(all.level_set, before);
  if (all.side != nullptr) part.side = all.side + first;
  return part;
}

// Arrays of the host, a part at a time, and their copies on the device.
class HostBatch {
 public:
  const Stream& stream() const { return stream_; }
  FieldFault* fault() { return fault_.data(); }

  // Before the parts of a call.
  void begin() {
    fault_.resize(1);
    fault_.zero(stream_);
  }
  const SolutionArrays& upload(const SolutionArrays& host, index_t first, index_t count) {
    device_ = {.size = count};
    for (int k = 0; k < kDim; ++k) {
      const auto* from = static_cast<const double*>(host.points[k]) + first;
      points_[k].upload({from, static_cast<std::size_t>(count)}, stream_);
      device_.points[k] = points_[k].data();
      if (host.gradient[k] != nullptr) device_.gradient[k] = gradient_[k].resize(count);
    }
    if (host.values != nullptr) device_.values = values_.resize(count);
    if (host.level_set != nullptr) device_.level_set = level_set_.resize(count);
    return device_;
  }
  // Waits for the stream. Throws InvalidField.
  void download(const SolutionArrays& host, index_t first) const {
    for (int k = 0; k < kDim; ++k) download(gradient_[k], host.gradient[k], first);
    download(values_, host.values, first);
    download(level_set_, host.level_set, first);
    FieldFault fault{};
    fault_.download({&fault, 1}, stream_);
    stream_.wait();
    if (fault.kind != FieldFault::none) throw error_of(fault, "level_set");
  }

 private:
  void download(const DeviceBuffer<double>& from, void* to, index_t first) const {
    if (to == nullptr) return;
    from.download({static_cast<double*>(to) + first, static_cast<std::size_t>(device_.size)}, stream_);
  }

  Stream stream_;
  SolutionArrays device_;
  DeviceBuffer<double> points_[kDim], values_, gradient_[kDim], level_set_;
  DeviceBuffer<FieldFault> fault_;
};

// Batches of calls that are over, for the next ones: to take and to give back memory of a GPU stops it. There are as
// many as calls have ever run at once.
class IdleBatches {
 public:
  std::unique_ptr<HostBatch> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<HostBatch>();
    std::unique_ptr<HostBatch> batch = std::move(idle_.back());
    idle_.pop_back();
    return batch;
  }
  void give_back(std::unique_ptr<HostBatch> batch) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(batch));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<HostBatch>> idle_;
};

class DeviceEvaluator final : public SolutionEvaluator {
 public:
  DeviceEvaluator(const Solution& solution, int device) : DeviceEvaluator(DeviceGuard(device), solution, device) {}
  ~DeviceEvaluator() override { device_.enter(); }

  void enqueue(const SolutionArrays& arrays, Branch branch, Precision precision, void* stream) const override {
    const DeviceGuard guard(device_);
    enqueue(arrays, branch, precision, nullptr, static_cast<cudaStream_t>(stream));
  }

  void run(const SolutionArrays& arrays, Branch branch, Precision precision) const override {
    const DeviceGuard guard(device_);
    std::unique_ptr<HostBatch> batch = idle_.take();
    batch->begin();
    for (index_t first = 0; first < arrays.size; first += kMostPoints) {
      const SolutionArrays& on_device = batch->upload(arrays, first, std::min(kMostPoints, arrays.size - first));
      enqueue(on_device, branch, precision, batch->fault(), batch->stream());
      batch->download(arrays, first);
    }
    idle_.give_back(std::move(batch));
  }

 private:
  // The device is current while the members are made.
  DeviceEvaluator(const DeviceGuard& /*current*/, const Solution& solution, int device)
      : device_(device), box_(solution.box()), siren_(solution.siren()), resident_(solution, Stream()) {}

  void enqueue(const SolutionArrays& arrays, Branch branch, Precision precision, FieldFault* fault,
               cudaStream_t stream) const {
    if (arrays.size == 0) return;
    if (arrays.level_set != nullptr || arrays.side != nullptr) {
      launch_level_set(resident_.level_set.view(), fault, arrays, stream);
    }
    if (arrays.values == nullptr && arrays.gradient[0] == nullptr) return;
    if (!resident_.expansion) return enqueue_sums(arrays, branch, precision, {}, fault, stream);
    for (index_t first = 0; first < arrays.size; first += kMostSums) {
      const SolutionArrays part = part_of(arrays, first, std::min(kMostSums, arrays.size - first));
      enqueue_expansion(part, branch, precision, fault, stream);
    }
  }

  // With the expansion, whose sums lie in memory of their own before the rest is added.
  void enqueue_expansion(const SolutionArrays& arrays, Branch branch, Precision precision, FieldFault* fault,
                         cudaStream_t stream) const {
    const bool own = branch == Branch::own, gradient = arrays.gradient[0] != nullptr;
    const StreamMemory<double> memory(arrays.size * (gradient ? 1 + kDim : 1), stream);
    const StreamMemory<std::int8_t> side(own ? arrays.size : 0, stream);
    if (own) {
      SolutionArrays sides = arrays;
      sides.level_set = nullptr;
      sides.side = side.data();
      launch_level_set(resident_.level_set.view(), nullptr, sides, stream);
    }
    ExpansionSums sums{.value = memory.data()};
    for (int k = 0; k < kDim && gradient; ++k) sums.gradient[k] = memory.data() + (1 + k) * arrays.size;
    launch_expansion(resident_.expansion->view(), arrays, branch, side.data(), sums, stream);
    enqueue_sums(arrays, branch, precision, sums, fault, stream);
  }

  void enqueue_sums(const SolutionArrays& arrays, Branch branch, Precision precision, const ExpansionSums& expansion,
                    FieldFault* fault, cudaStream_t stream) const {
    if (precision == Precision::float32) {
      enqueue_networks(resident_.single, arrays, branch, expansion, fault, stream);
    } else {
      enqueue_networks(resident_.twice, arrays, branch, expansion, fault, stream);
    }
  }

  template <class T>
  void enqueue_networks(const DeviceNetworks<T>& networks, const SolutionArrays& arrays, Branch branch,
                        const ExpansionSums& expansion, FieldFault* fault, cudaStream_t stream) const {
    const SolutionView<T> view{box_,
                               resident_.level_set.view(),
                               networks.views(),
                               fault,
                               resident_.correction ? resident_.correction->view() : CorrectionView{},
                               expansion};
    const SolutionLaunch launch = plan_networks(siren_, arrays.size, arrays.gradient[0] != nullptr, sizeof(T));
    const StreamMemory<T> workspace(launch.workspace, stream);
    launch_networks(view, arrays, branch, launch, workspace.data(), stream);
  }

  DeviceAtEnd device_;
  Box box_;
  Siren siren_;
  Resident resident_;
  mutable IdleBatches idle_;
};

}  // namespace

std::unique_ptr<const SolutionEvaluator> make_solution_evaluator(const Solution& solution, int device) {
  return std::make_unique<const DeviceEvaluator>(solution, device);
}

}  // namespace nbm::cuda
