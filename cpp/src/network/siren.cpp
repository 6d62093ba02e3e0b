#include "nbm/network/siren.hpp"

#include <cmath>
#include <string>

#include "nbm/core/error.hpp"
#include "nbm/core/philox.hpp"

namespace nbm {

void Siren::validate() const {
  if (hidden.empty()) throw InvalidArgument("hidden", "a network needs at least one hidden layer, got none");
  for (const int width : hidden) {
    if (width < 1 || width > 4096) {
      throw InvalidArgument("hidden", "widths must be 1 to 4096, got " + std::to_string(width));
    }
  }
  if (!(std::isfinite(omega) && omega > 0)) {
    throw InvalidArgument("omega", "must be positive and finite, got " + std::to_string(omega));
  }
  if (!(std::isfinite(gamma) && gamma > 0)) {
    throw InvalidArgument("gamma", "must be positive and finite, got " + std::to_string(gamma));
  }
}

index_t Siren::parameter_count() const {
  index_t count = 0, inputs = kDim;
  for (const int width : hidden) {
    count += width * (inputs + 1);
    inputs = width;
  }
  return count + inputs + 1;
}

std::vector<double> initial_parameters(const Siren& siren, std::uint64_t seed, Side side, index_t start,
                                       index_t piece) {
  siren.validate();
  std::vector<double> parameters;
  parameters.reserve(static_cast<std::size_t>(siren.parameter_count()));
  const index_t first = piece * siren.parameter_count();
  const auto draw = [&](double bound) {
    const index_t number = first + static_cast<index_t>(parameters.size());
    const double u = uniform(seed, Stream::parameters, kSides * start + index_of(side), number);
    parameters.push_back(bound * (2.0 * u - 1.0));
  };
  index_t inputs = kDim;
  for (std::size_t l = 0; l < siren.hidden.size(); ++l) {
    const index_t width = siren.hidden[l];
    const double bound = l == 0 ? 1.0 : siren.gamma / std::sqrt(static_cast<double>(inputs));
    for (index_t i = 0; i < width * inputs; ++i) draw(bound);
    for (index_t i = 0; i < width; ++i) draw(1.0);
    inputs = width;
  }
  for (index_t i = 0; i < inputs; ++i) draw(siren.gamma / std::sqrt(static_cast<double>(inputs)));
  parameters.push_back(0.0);
  return parameters;
}

}  // namespace nbm
