#include "nbm/problem/box.hpp"

#include <cmath>
#include <string>

#include "nbm/core/error.hpp"

namespace nbm {

void Box::validate() const {
  for (int axis = 0; axis < kDim; ++axis) {
    const std::string bounds = "[" + std::to_string(lower[axis]) + ", " + std::to_string(upper[axis]) + "]";
    if (!std::isfinite(lower[axis]) || !std::isfinite(upper[axis])) {
      throw InvalidArgument("box", "bounds must be finite, got " + bounds + " on axis " + "xyz"[axis]);
    }
    if (!(lower[axis] < upper[axis])) {
      throw InvalidArgument("box", "lower must be less than upper, got " + bounds + " on axis " + "xyz"[axis]);
    }
  }
}

}  // namespace nbm
