#pragma once
#include <cstdint>

#include "nbm/core/types.hpp"

// Counter-based random numbers: a number is a function of (seed, stream, draw, index) alone, so every rank and thread
// makes any part of a sequence by itself.
namespace nbm {

// Sequences that never share a number.
enum class Stream : std::uint32_t {
  regular = 1,
  irregular = 2,
  boundary = 3,
  interface = 4,
  permutation = 5,
  resolution = 6,
  acceptance = 7,
  parameters = 8,
};

struct PhiloxBlock {
  std::uint32_t word[4];
};

// Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
NBM_HD PhiloxBlock philox4x32(PhiloxBlock counter, std::uint32_t key0, std::uint32_t key1) {
  constexpr std::uint64_t kMultiplier0 = 0xD2511F53u, kMultiplier1 = 0xCD9E8D57u;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9u, kWeyl1 = 0xBB67AE85u;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = kMultiplier0 * counter.word[0], product1 = kMultiplier1 * counter.word[2];
    counter = {
        {static_cast<std::uint32_t>(product1 >> 32) ^ counter.word[1] ^ key0, static_cast<std::uint32_t>(product1),
         static_cast<std::uint32_t>(product0 >> 32) ^ counter.word[3] ^ key1, static_cast<std::uint32_t>(product0)}};
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  return counter;
}

// 128 random bits. draw < 2^56.
NBM_HD PhiloxBlock random_words(std::uint64_t seed, Stream stream, index_t draw, index_t index) {
  const auto i = static_cast<std::uint64_t>(index), d = static_cast<std::uint64_t>(draw);
  const PhiloxBlock counter = {
      {static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i >> 32), static_cast<std::uint32_t>(d),
       static_cast<std::uint32_t>(stream) << 24 | (static_cast<std::uint32_t>(d >> 32) & 0xFFFFFFu)}};
  return philox4x32(counter, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
}

// A double in [0, 1) from 53 of 64 random bits.
NBM_HD double unit_double(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = static_cast<std::uint64_t>(high) << 32 | low;
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

// Uniform in [0, 1).
NBM_HD double uniform(std::uint64_t seed, Stream stream, index_t draw, index_t index) {
  const PhiloxBlock words = random_words(seed, stream, draw, index);
  return unit_double(words.word[0], words.word[1]);
}

}  // namespace nbm
