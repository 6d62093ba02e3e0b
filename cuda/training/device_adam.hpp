#pragma once
#include <map>
#include <optional>
#include <tuple>

#include "core/graph.hpp"
#include "core/stream.hpp"
#include "nbm/training/backend.hpp"
#include "training/adam_kernels.hpp"
#include "training/device_loss.hpp"
#include "training/row_maker.hpp"

namespace nbm::cuda {

// Adam with parameters, moments, rate and counters in device memory. A step is the same launches as long as nothing
// moves there: the second step of a kind is recorded, the later ones replay the record.
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

  // Kinds of steps that are recorded.
  std::size_t records() const;

 private:
  // The cell size, which is among the arguments of kernels, and whether the step makes rows or uses those in place.
  using Kind = std::tuple<double, double, double, bool>;

  void enqueue(bool makes_rows);
  AdamArrays arrays();

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
  std::map<Kind, std::optional<Graph>> steps_;  // without a graph: taken once
};

}  // namespace nbm::cuda
