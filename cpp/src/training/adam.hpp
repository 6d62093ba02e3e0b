#pragma once
#include "training/optimizer.hpp"

namespace nbm {

class Adam final : public Optimizer {
 public:
  Adam(const AdamOptions& options, index_t parameters);

  GroupSums step(const Objective& objective, std::span<double> parameters) override;
  bool evaluates_once() const override { return true; }
  double rate() const override { return rate_; }
  index_t steps_total() const override { return options_.steps; }
  std::map<std::string, std::vector<double>> state() const override;
  void restore(const std::map<std::string, std::vector<double>>& state) override;

  // One update with a gradient.
  void update(std::span<double> parameters, std::span<const double> gradient);

  // What the steps before have left, for a backend that goes on from there, and back from it.
  const AdamMemory& memory() const { return memory_; }
  // Throws InvalidArgument when it is of another network.
  void take(AdamMemory memory);

 private:
  AdamOptions options_;
  double rate_;
  AdamMemory memory_;
  std::vector<double> gradient_;
};

}  // namespace nbm
