#include "nbm/sampling/permutation.hpp"

#include <string>

#include "nbm/core/error.hpp"

namespace nbm {

Permutation make_permutation(index_t count, std::uint64_t seed, index_t draw) {
  if (count < 0) throw InvalidArgument("count", "must be at least 0, got " + std::to_string(count));
  Permutation order{static_cast<std::uint64_t>(count), 1, {}};
  while (order.half_bits < 32 && (std::uint64_t{1} << (2 * order.half_bits)) < order.count) ++order.half_bits;
  static_assert(kFeistelRounds % 4 == 0);
  for (int block = 0; block < kFeistelRounds / 4; ++block) {
    const PhiloxBlock words = random_words(seed, Stream::permutation, draw, block);
    for (int i = 0; i < 4; ++i) order.key[4 * block + i] = words.word[i];
  }
  return order;
}

}  // namespace nbm
