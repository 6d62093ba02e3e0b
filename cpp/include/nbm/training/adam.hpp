#pragma once
#include <span>
#include <vector>

#include "nbm/training/options.hpp"

namespace nbm {

// State of the Adam optimizer on one parameter vector.
class NBM_EXPORT Adam {
 public:
  Adam(const AdamOptions& options, index_t parameters);

  // One update with the gradient of the loss (scaled in place by the clipping).
  void update(std::span<double> parameters, std::span<double> gradient);

  const AdamOptions& options() const { return options_; }
  index_t step() const { return step_; }
  const std::vector<double>& first_moment() const { return first_; }
  const std::vector<double>& second_moment() const { return second_; }
  // Continues from a saved state.
  void restore(index_t step, std::vector<double> first_moment, std::vector<double> second_moment);

 private:
  AdamOptions options_;
  index_t step_ = 0;
  std::vector<double> first_, second_;
};

}  // namespace nbm
