#pragma once
#include <cstdint>

#include "nbm/core/macros.hpp"

// Counter-based random numbers: a draw is a function of (seed, stream, index, draw) and of nothing else, so that any
// rank, thread or device makes any number by itself. Philox4x32-10 of Salmon, Moraes, Dror, Shaw (2011).
namespace nbm {

// Independent sequences of one seed.
enum class RandomStream : std::uint32_t { parameters, regular, interface, boundary, permutation, schedule };

struct PhiloxBlock {
  std::uint32_t word[4];
};

NBM_HD PhiloxBlock philox4x32(PhiloxBlock counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t even = std::uint64_t{0xD2511F53U} * counter.word[0];
    const std::uint64_t odd = std::uint64_t{0xCD9E8D57U} * counter.word[2];
    counter = {{static_cast<std::uint32_t>(odd >> 32) ^ counter.word[1] ^ key0, static_cast<std::uint32_t>(odd),
                static_cast<std::uint32_t>(even >> 32) ^ counter.word[3] ^ key1, static_cast<std::uint32_t>(even)}};
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
  return counter;
}

// Four random words for item `index` of draw number `draw` (below 2^56) in a stream.
NBM_HD PhiloxBlock philox_block(std::uint64_t seed, RandomStream stream, std::uint64_t index, std::uint64_t draw) {
  const PhiloxBlock counter = {{static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                                static_cast<std::uint32_t>(draw),
                                (static_cast<std::uint32_t>(draw >> 32) << 8) | static_cast<std::uint32_t>(stream)}};
  return philox4x32(counter, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
}

// 53 random bits of two words as a number in [0, 1).
NBM_HD double uniform_from_words(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 32) | low;
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

NBM_HD double philox_uniform(std::uint64_t seed, RandomStream stream, std::uint64_t index, std::uint64_t draw) {
  const PhiloxBlock block = philox_block(seed, stream, index, draw);
  return uniform_from_words(block.word[0], block.word[1]);
}

}  // namespace nbm
