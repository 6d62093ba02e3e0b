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

  // One update with a gradient (scaled in place by the clipping).
  void update(std::span<double> parameters, std::span<double> gradient);

 private:
  AdamOptions options_;
  index_t step_ = 0;
  double rate_;
  std::vector<double> gradient_, first_, second_;
};

}  // namespace nbm
