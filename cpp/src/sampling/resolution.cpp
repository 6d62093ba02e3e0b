#include "nbm/sampling/resolution.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "nbm/core/error.hpp"
#include "nbm/core/philox.hpp"

namespace nbm {

void validate_cell_size(Vec3<double> cell_size, const Box& box) {
  for (int axis = 0; axis < kDim; ++axis) {
    const double h = cell_size[axis], edge = box.edge()[axis];
    if (std::isfinite(h) && h > 0.0 && h < edge) continue;
    throw InvalidArgument("cell_size", "must be positive and below the box edge " + std::to_string(edge) + " on axis " +
                                           std::string(1, "xyz"[axis]) + ", got " + std::to_string(h) +
                                           "; give a fraction of the edge such as edge / 64");
  }
}

ResolutionOrder parse_resolution_order(const std::string& name) {
  if (name == "sequential") return ResolutionOrder::sequential;
  if (name == "cycle") return ResolutionOrder::cycle;
  if (name == "random") return ResolutionOrder::random;
  throw InvalidArgument("order", "expected 'sequential', 'cycle' or 'random', got '" + name + "'");
}

void ResolutionSchedule::validate(const Box& box) const {
  constexpr int kMostLevels = 32;
  validate_cell_size(coarsest, box);
  if (levels < 1 || levels > kMostLevels) {
    throw InvalidArgument("levels", "must be from 1 to " + std::to_string(kMostLevels) + ", got " +
                                        std::to_string(levels) + "; each level halves the cell size");
  }
}

int ResolutionSchedule::level(index_t step, index_t steps, std::uint64_t seed) const {
  switch (order) {
    case ResolutionOrder::cycle: return static_cast<int>(step % levels);
    case ResolutionOrder::random: {
      return static_cast<int>(uniform(seed, Stream::resolution, 0, step) * levels);
    }
    case ResolutionOrder::sequential: break;
  }
  // Steps beyond the end stay at the finest level.
  return steps <= 0 ? 0 : static_cast<int>(std::min<index_t>(levels - 1, step * levels / steps));
}

Vec3<double> ResolutionSchedule::cell_size_at(int level) const { return std::ldexp(1.0, -level) * coarsest; }

}  // namespace nbm
