#include "training/optimizer.hpp"

#include <cmath>

#include "nbm/core/error.hpp"
#include "training/adam.hpp"
#include "training/multi_start.hpp"

namespace nbm {

std::unique_ptr<Optimizer> make_optimizer(const TrainingOptions& options) {
  if (const auto* adam = std::get_if<AdamOptions>(&options.optimizer)) {
    return std::make_unique<Adam>(*adam, options.parameter_count());
  }
  return std::make_unique<MultiStart>(std::get<GaussNewtonOptions>(options.optimizer),
                                      StartingNetworks{options.network, options.network_map, options.seed});
}

void require_finite(const GroupSums& sums, std::span<const double> gradient, const std::vector<std::string>& names,
                    index_t step) {
  const std::string at = "step " + std::to_string(step) + ": ";
  const std::string advice =
      " not finite; the parameters of the step before are kept: lower the learning rate, or clip the gradient";
  for (std::size_t g = 0; g < kMostGroups; ++g) {
    if (std::isfinite(sums.squares[g])) continue;
    const std::string& group = names.at(g);
    throw NonFiniteLoss(step, group, at + "the residuals of the " + group + " rows are" + advice);
  }
  for (const double g : gradient) {
    if (!std::isfinite(g)) throw NonFiniteLoss(step, "gradient", at + "the gradient is" + advice);
  }
}

}  // namespace nbm
