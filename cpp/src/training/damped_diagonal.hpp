#pragma once
#include "nbm/core/macros.hpp"

namespace nbm {

// What damping makes of the diagonal of a matrix: d becomes scale * d + shift. Host and device.
struct DampedDiagonal {
  double scale, shift;

  // An unknown that nothing depends on (zero diagonal, not shifted) gets an equation of its own and stays where it is.
  NBM_HD double operator()(double d) const {
    const double damped = scale * d + shift;
    return damped == 0.0 ? 1.0 : damped;
  }
};

}  // namespace nbm
