#pragma once
#include "nbm/network/siren.hpp"

namespace nbm {

// The parameters that training leaves as they are, bit for bit: first-layer weights along the periodic axes of a Siren,
// or all hidden layers (docs/method.md, section 2). Host and device.
struct HeldWeights {
  bool axis[kDim] = {};
  bool hidden = false;  // all of the hidden layers
  index_t weights = 0;  // first ones of a network, among which are all that are held
  index_t stride = 1;   // from the first parameter of a network to that of the next

  HeldWeights() = default;
  HeldWeights(const Siren& siren, index_t network_stride)
      : hidden(siren.trained == TrainedLayers::output),
        weights(hidden ? siren.parameter_count() - siren.trained_count() : kDim * siren.hidden.front()),
        stride(network_stride) {
    for (int k = 0; k < kDim; ++k) axis[k] = siren.periodic[static_cast<std::size_t>(k)];
  }

  NBM_HD bool any() const { return hidden || axis[0] || axis[1] || axis[2]; }
  NBM_HD bool holds(index_t parameter) const {
    const index_t own = parameter % stride;
    return own < weights && (hidden || axis[own % kDim]);
  }
};

}  // namespace nbm
