#pragma once
#include <span>

#include "nbm/problem/problem.hpp"
#include "nbm/training/options.hpp"

namespace nbm {

// The units that `options` ask for, the automatic ones from the problem's data (docs/method.md, section 10). Serial,
// and the same numbers on all ranks of one kind of processor.
NBM_EXPORT ValueScale value_scale_of(const TrainingOptions& options, const Problem& problem);

// From networks for v to networks for u = shift + scale v, and back: their output layers.
NBM_EXPORT void to_values(const Siren& siren, const NetworkMap& map, const ValueScale& values,
                          std::span<double> parameters);
NBM_EXPORT void from_values(const Siren& siren, const NetworkMap& map, const ValueScale& values,
                            std::span<double> parameters);

}  // namespace nbm
