#pragma once
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "core/event.hpp"
#include "core/graph.hpp"
#include "core/stream.hpp"
#include "nbm/training/backend.hpp"
#include "training/adam_kernels.hpp"
#include "training/device_loss.hpp"
#include "training/row_maker.hpp"

namespace nbm::cuda {

// Adam with parameters, moments, rate and counters in device memory. Rows are made on streams beside that of the steps,
// into several memories in turn: a step waits for its rows, and a memory for the step that used it last, so that the
// rows of the next draws are made while steps are taken. Both are the same launches as long as nothing moves: the
// second time of a cell size is recorded, later ones replay the record.
class DeviceAdam final : public ResidentAdam {
 public:
  // The rows, the loss and the stream belong to the backend. `replay`: whether steps are recorded.
  // group_names: for errors.
  DeviceAdam(const AdamOptions& options, bool replay, index_t parameters, std::vector<std::string> group_names,
             DeviceRowMaker& maker, DeviceLoss& loss, const Stream& stream, int device);
  ~DeviceAdam() override { device_.enter(); }

  void start(std::span<const double> parameters, const AdamMemory& memory) override;
  void step(index_t draw, Vec3<double> cell_size, const PerGroup<double>& weights) override;
  Report finish() override;
  void fetch(std::span<double> parameters, AdamMemory& memory) override;

  // What is recorded: the making of rows and steps on them, by memory and cell size.
  std::size_t records() const;

 private:
  // By cell size, which is among the arguments of kernels. Without a graph: taken once.
  using Records = std::map<std::array<double, kDim>, std::optional<Graph>>;

  // Memory for the rows of a draw.
  struct Supply {
    std::unique_ptr<Stream> own_stream;         // null: on the stream of the steps
    std::unique_ptr<DeviceRowMaker> own_maker;  // null: the backend's, as for rows of the host
    cudaStream_t stream = nullptr;
    DeviceRowMaker* maker = nullptr;
    Event made, used;  // used: by the last step on these rows
    Records rows, steps;
  };

  void add_supplies();
  void make_rows(index_t draw, Vec3<double> cell_size);
  void enqueue_step(Supply& supply);
  void wait_for(const Supply& supply) const;
  template <class Enqueue>
  void run(Records& records, Vec3<double> cell_size, cudaStream_t stream, const Enqueue& enqueue) const;
  AdamArrays arrays(const Supply& supply);

  DeviceAtEnd device_;
  AdamOptions options_;
  bool replay_;
  index_t count_;
  std::vector<std::string> group_names_;
  DeviceRowMaker& maker_;
  DeviceLoss& loss_;
  const Stream& stream_;
  PerGroup<double> weights_in_place_{};
  DeviceBuffer<double> weights_, factors_, squares_, gradient_;
  DeviceBuffer<double> state_;  // [3][count]: parameters, first and second moments
  DeviceBuffer<AdamControl> control_;
  DeviceBuffer<StepRecord> records_;
  std::deque<Supply> supplies_;
  std::size_t current_ = 0;             // whose rows are in use
  std::vector<std::size_t> supply_of_;  // of the steps that the host has not read
};

}  // namespace nbm::cuda
