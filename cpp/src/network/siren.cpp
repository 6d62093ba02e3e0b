#include "nbm/network/siren.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "nbm/core/error.hpp"
#include "nbm/core/philox.hpp"
#include "nbm/network/held_weights.hpp"

namespace nbm {
namespace {

// The weight of a wave with `turns` over a period.
double wave(const Siren& siren, double turns) { return turns * std::numbers::pi / siren.omega; }

// Integer waves of about the range of the others, from their draws in (-1, 1). Two neurons an axis are waves of 1 along
// it alone, as far as there are neurons: sine and cosine, of which all functions with the period are functions.
void make_periodic(const Siren& siren, std::vector<double>& first_layer) {
  const double most = std::max(1.0, std::round(siren.omega / std::numbers::pi));
  for (std::size_t i = 0; i < first_layer.size(); ++i) {
    if (!siren.periodic[i % kDim]) continue;
    const double turns = std::floor(0.5 * (first_layer[i] + 1.0) * (2.0 * most + 1.0)) - most;
    first_layer[i] = wave(siren, std::min(turns, most));
  }
  std::size_t neuron = 0;
  for (std::size_t axis = 0; axis < kDim; ++axis) {
    if (!siren.periodic[axis]) continue;
    for (int copy = 0; copy < 2 && kDim * neuron < first_layer.size(); ++copy, ++neuron) {
      for (std::size_t k = 0; k < kDim; ++k) {
        if (siren.periodic[k]) first_layer[kDim * neuron + k] = wave(siren, k == axis ? 1.0 : 0.0);
      }
    }
  }
}

}  // namespace

TrainedLayers parse_trained_layers(const std::string& name) {
  for (const TrainedLayers trained : {TrainedLayers::all, TrainedLayers::output}) {
    if (to_string(trained) == name) return trained;
  }
  throw InvalidArgument("trained", "expected 'all' or 'output', got '" + name + "'");
}

std::string to_string(TrainedLayers trained) { return trained == TrainedLayers::all ? "all" : "output"; }

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

index_t Siren::trained_count() const {
  return trained == TrainedLayers::all ? parameter_count() : index_t{hidden.back()} + 1;
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
    if (l == 0) make_periodic(siren, parameters);
    for (index_t i = 0; i < width; ++i) draw(1.0);
    inputs = width;
  }
  for (index_t i = 0; i < inputs; ++i) draw(siren.gamma / std::sqrt(static_cast<double>(inputs)));
  parameters.push_back(0.0);
  return parameters;
}

bool has_periods(const Siren& siren, std::span<const double> parameters) {
  constexpr double kRounding = 1e-12;  // of numbers of turns
  Siren waves = siren;
  waves.trained = TrainedLayers::all;
  const HeldWeights held(waves, siren.parameter_count());
  for (index_t p = 0; p < std::ssize(parameters); ++p) {
    if (!held.holds(p)) continue;
    const double turns = parameters[static_cast<std::size_t>(p)] / wave(siren, 1.0);
    if (!(std::abs(turns - std::round(turns)) <= kRounding * std::max(1.0, std::abs(turns)))) return false;
  }
  return true;
}

}  // namespace nbm
