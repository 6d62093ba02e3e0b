#pragma once
#include "nbm/core/types.hpp"

// The units of u in training (docs/method.md, section 10): u = shift[side] + scale v, and rows are written for v.
namespace nbm {

struct ValueScale {
  double scale = 1.0;
  double shift[kSides] = {0.0, 0.0};

  NBM_HD bool changes() const { return scale != 1.0 || shift[0] != 0.0 || shift[1] != 0.0; }
  // The right side for v of a row with this right side for u, whose weights of the values of either network have these
  // sums: residuals of u are `scale` times those of v.
  NBM_HD double rhs(double rhs, double minus_weights, double plus_weights) const {
    return (rhs - shift[0] * minus_weights - shift[1] * plus_weights) / scale;
  }
};

}  // namespace nbm
