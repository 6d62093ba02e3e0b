#pragma once
#include <random>

#include "nbm/network/expansion.hpp"

namespace nbm::testing {

// A basis with all kinds of functions: sources stand outside of [-1, 1]^3, with images across no wall, one, two and
// three of the walls at `wall`.
constexpr double kWall = 1.0;

inline PieceBasis sample_basis(index_t sines, index_t sources_of_each_mask, double decay) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> draw(-1.0, 1.0);
  PieceBasis basis;
  basis.center = {0.1, -0.2, 0.3};
  basis.half = {0.7, 0.9, 1.1};
  basis.decay = decay;
  for (index_t j = 0; j < sines; ++j) {
    for (auto& wave : basis.wave) wave.push_back(4.0 * draw(random));
    basis.phase.push_back(3.0 * draw(random));
  }
  for (const std::uint8_t mask : {0, 1, 6, 7}) {
    for (index_t j = 0; j < sources_of_each_mask; ++j) {
      for (std::size_t k = 0; k < kDim; ++k) {
        const double place = (draw(random) < 0.0 ? -1.0 : 1.0) * (1.3 + 0.2 * draw(random));
        basis.at[k].push_back(place);
        basis.mirrored[k].push_back((mask >> k & 1) != 0 ? 2.0 * kWall - place : place);
      }
      basis.reach.push_back(0.5 + 0.2 * draw(random));
      basis.mirrors.push_back(mask);
    }
  }
  return basis;
}

}  // namespace nbm::testing
