#pragma once
#include <span>

#include "nbm/network/siren.hpp"

namespace nbm {

// Bound of what the sines and the sum of the output of one network are given at points of the box: the largest row sum
// of absolute values, where |sin| <= 1 and network coordinates lie in [-1, 1]. Infinity where a parameter is that or
// NaN.
double argument_bound(const Siren& siren, std::span<const double> parameters);

}  // namespace nbm
