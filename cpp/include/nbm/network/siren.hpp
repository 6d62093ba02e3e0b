#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "nbm/core/types.hpp"

namespace nbm {

// Which layers training moves: all, or the output layer alone on hidden ones that stay as they were drawn.
enum class TrainedLayers { all, output };

// Throws InvalidArgument unless "all" or "output".
NBM_EXPORT TrainedLayers parse_trained_layers(const std::string& name);
NBM_EXPORT std::string to_string(TrainedLayers trained);

// Specification of a sine network R^3 -> R (docs/method.md, section 2).
struct NBM_EXPORT Siren {
  std::vector<int> hidden = {10, 10, 10, 10, 10};  // widths of the hidden layers, at least one
  double omega = 2.0;                              // frequency factor of the first layer
  double gamma = 1.5;                              // hidden weights start in U(-gamma/sqrt(n), gamma/sqrt(n))
  // Axes along which the network has the period 2: its waves there are integer multiples of pi, and training holds the
  // weights of the first layer that say so.
  std::array<bool, kDim> periodic{};
  TrainedLayers trained = TrainedLayers::all;

  // Throws InvalidArgument.
  void validate() const;
  index_t parameter_count() const;
  // The last ones of them that training moves, those of the output layer or all; held ones among them count.
  index_t trained_count() const;
  friend bool operator==(const Siren&, const Siren&) = default;
};

// Parameters in one vector: for each hidden layer its weights [out][in] row-major, then its biases [out];
// last the output weights [in] and the output bias. All networks of a problem: minus first, then plus.
// start: number of the random start, for training that makes several. piece: of the side, where each has a network.
NBM_EXPORT std::vector<double> initial_parameters(const Siren& siren, std::uint64_t seed, Side side, index_t start = 0,
                                                  index_t piece = 0);

// Whether networks (any number, one after the other) have the waves that siren.periodic asks for.
NBM_EXPORT bool has_periods(const Siren& siren, std::span<const double> parameters);

}  // namespace nbm
