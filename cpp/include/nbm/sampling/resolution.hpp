#pragma once
#include <cstdint>
#include <string>

#include "nbm/problem/box.hpp"

namespace nbm {

// How training passes through the levels: one after another in equal parts of the steps, round and round, or one drawn
// at random for each step.
enum class ResolutionOrder : std::uint8_t { sequential, cycle, random };
NBM_EXPORT ResolutionOrder parse_resolution_order(const std::string& name);

// Cell sizes coarsest / 2^level, 0 <= level < levels (docs/method.md, section 10).
struct NBM_EXPORT ResolutionSchedule {
  Vec3<double> coarsest{};
  int levels = 1;
  ResolutionOrder order = ResolutionOrder::sequential;

  // Throws InvalidArgument unless 1 <= levels <= 32 and the coarsest cell fits into the box.
  void validate(const Box& box) const;
  // The level of a step out of `steps`; the seed matters to the random order only.
  int level(index_t step, index_t steps, std::uint64_t seed) const;
  Vec3<double> cell_size_at(int level) const;
  Vec3<double> cell_size(index_t step, index_t steps, std::uint64_t seed) const {
    return cell_size_at(level(step, steps, seed));
  }
};

// Throws InvalidArgument unless every component is finite, positive and below the edge of the box.
NBM_EXPORT void validate_cell_size(Vec3<double> cell_size, const Box& box);

}  // namespace nbm
