#pragma once
#include "nbm/core/types.hpp"

// The units of u in training (docs/method.md, section 10): u = shift[side] + ramp . x + scale v at the point x in
// network coordinates, and rows are written for v.
namespace nbm {

struct ValueScale {
  double scale = 1.0;
  double shift[kSides] = {0.0, 0.0};
  Vec3<double> ramp{};  // of periodic problems alone, whose rows are made on the host

  NBM_HD bool has_ramp() const { return ramp.x != 0.0 || ramp.y != 0.0 || ramp.z != 0.0; }
  NBM_HD bool changes() const { return scale != 1.0 || shift[0] != 0.0 || shift[1] != 0.0 || has_ramp(); }
  // The right side for v of a row with this right side for u, less what the row makes of the ramp, whose weights of the
  // values of either network have these sums: residuals of u are `scale` times those of v.
  NBM_HD double rhs(double rhs, double minus_weights, double plus_weights) const {
    return (rhs - shift[0] * minus_weights - shift[1] * plus_weights) / scale;
  }
};

}  // namespace nbm
