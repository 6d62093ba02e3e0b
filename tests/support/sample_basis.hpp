#pragma once
#include <random>
#include <utility>
#include <vector>

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

// Two pieces of the minus side and one of the plus side, of all kinds of functions and different sizes; those of minus
// meet where the labels of nodes change.
inline Expansion sample_expansion(Vec3<double> lower, Vec3<double> upper) {
  std::vector<PieceBasis> pieces = {sample_basis(13, 3, 0.0), sample_basis(20, 9, 2.0), sample_basis(5, 0, 0.0)};
  pieces[0].side = pieces[2].side = Side::minus;
  PieceLabels labels{.cells = {3, 1, 2}, .label = {}, .only = {-1, 1}};
  for (int node = 0; node < 4 * 2 * 3; ++node) labels.label[0].push_back(node < 10 ? 2 : 0);
  index_t size = 0;
  for (const PieceBasis& piece : pieces) size += piece.size();
  std::vector<double> coefficients;
  for (index_t i = 0; i < size; ++i) coefficients.push_back(static_cast<double>(i * 37 % 19) * 0.1 - 0.9);
  return {lower, upper, std::move(pieces), std::move(labels), std::move(coefficients)};
}

}  // namespace nbm::testing
