#include "network/argument_bound.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace nbm {

double argument_bound(const Siren& siren, std::span<const double> parameters) {
  double largest = 0;
  std::size_t inputs = kDim;
  const double* weight = parameters.data();
  const auto layer = [&](std::size_t outputs, double factor) {
    const double* bias = weight + outputs * inputs;
    for (std::size_t i = 0; i < outputs; ++i, weight += inputs) {
      double sum = std::abs(bias[i]);
      for (std::size_t j = 0; j < inputs; ++j) sum += std::abs(weight[j]);
      largest = std::max(largest, std::isnan(sum) ? std::numeric_limits<double>::infinity() : factor * sum);
    }
    weight = bias + outputs;
    inputs = outputs;
  };
  for (std::size_t l = 0; l < siren.hidden.size(); ++l) {
    layer(static_cast<std::size_t>(siren.hidden[l]), l == 0 ? siren.omega : 1.0);
  }
  layer(1, 1.0);
  return largest;
}

}  // namespace nbm
