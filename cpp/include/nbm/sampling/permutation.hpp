#pragma once
#include <cstdint>

#include "nbm/core/philox.hpp"

namespace nbm {

constexpr int kFeistelRounds = 8;

// A random-looking order of 0 ... count - 1 without a table: a Feistel network on the smallest even number of bits that
// holds the count, walked along its cycle until the value is below the count (at most 4 steps on average).
struct Permutation {
  std::uint64_t count;
  int half_bits;
  std::uint32_t key[kFeistelRounds];
};

// The order number `draw`. Throws InvalidArgument if count < 0.
NBM_EXPORT Permutation make_permutation(index_t count, std::uint64_t seed, index_t draw);

// The finalizer of MurmurHash3: every bit of the result depends on every bit of the value.
NBM_HD std::uint32_t mix_bits(std::uint32_t v) {
  v ^= v >> 16;
  v *= 0x85ebca6bu;
  v ^= v >> 13;
  v *= 0xc2b2ae35u;
  return v ^ v >> 16;
}

// Where position i of the order points, for 0 <= i < count.
NBM_HD index_t permuted(const Permutation& order, index_t i) {
  const std::uint32_t mask = static_cast<std::uint32_t>((std::uint64_t{1} << order.half_bits) - 1);
  auto value = static_cast<std::uint64_t>(i);
  do {
    auto left = static_cast<std::uint32_t>(value >> order.half_bits), right = static_cast<std::uint32_t>(value) & mask;
    for (int round = 0; round < kFeistelRounds; ++round) {
      const std::uint32_t next = left ^ (mix_bits(right + order.key[round]) & mask);
      left = right;
      right = next;
    }
    value = static_cast<std::uint64_t>(left) << order.half_bits | right;
  } while (value >= order.count);
  return static_cast<index_t>(value);
}

}  // namespace nbm
