#pragma once
#include <array>
#include <vector>

#include "nbm/core/types.hpp"
#include "sample_basis.hpp"
#include "solution/fixtures.hpp"

// What the tests of solutions on a GPU share.
namespace nbm::test {

inline Expansion sample_expansion() { return nbm::testing::sample_expansion(kOblong.lower, kOblong.upper); }

// Values and gradient of a branch at some points; the fourth component is the value.
using Results = std::array<std::vector<double>, kDim + 1>;

inline Results results_of_size(std::size_t n) {
  return {std::vector<double>(n), std::vector<double>(n), std::vector<double>(n), std::vector<double>(n)};
}

}  // namespace nbm::test
