#pragma once
#include <vector>

#include "nbm/network/siren.hpp"
#include "nbm/training/loss.hpp"
#include "sample_rows.hpp"
#include "sphere_problem.hpp"

namespace nbm::testing {

// Odd numbers of rows, so that no pack and no block is full.
inline RowSet odd_rows(double h = 2.0 / 16) { return sample_rows(sphere_problem(), {301, 77, 65}, h); }

inline std::vector<double> both_networks(const Siren& siren, std::uint64_t seed = 1) {
  auto p = initial_parameters(siren, seed, Side::minus);
  const auto plus = initial_parameters(siren, seed, Side::plus);
  p.insert(p.end(), plus.begin(), plus.end());
  return p;
}

constexpr int kAllGroups[] = {kRegularGroup,  kIrregularGroup, kBoundaryGroup,     kValueJumpGroup,
                              kFluxJumpGroup, kStandardGroups, kStandardGroups + 1};

}  // namespace nbm::testing
