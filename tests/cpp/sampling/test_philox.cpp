#include <gtest/gtest.h>

#include <set>

#include "nbm/core/philox.hpp"
#include "statistics.hpp"

namespace {

using nbm::Stream;

void expect_block(nbm::PhiloxBlock counter, std::uint32_t key0, std::uint32_t key1, nbm::PhiloxBlock expected) {
  const nbm::PhiloxBlock block = nbm::philox4x32(counter, key0, key1);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(block.word[i], expected.word[i]) << "word " << i;
}

// The file kat_vectors of Random123.
TEST(Philox, GivesTheKnownAnswers) {
  expect_block({{0, 0, 0, 0}}, 0, 0, {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}});
  constexpr std::uint32_t ones = 0xffffffff;
  expect_block({{ones, ones, ones, ones}}, ones, ones, {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}});
  expect_block({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0,
               {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}});
}

TEST(Philox, UnitDoublesHave53Bits) {
  EXPECT_EQ(nbm::unit_double(0, 0), 0.0);
  EXPECT_EQ(nbm::unit_double(0, 2047), 0.0);
  EXPECT_EQ(nbm::unit_double(0, 2048), std::ldexp(1.0, -53));
  EXPECT_EQ(nbm::unit_double(0xffffffff, 0xffffffff), 1.0 - std::ldexp(1.0, -53));
}

TEST(Philox, EveryPartOfTheCounterMatters) {
  std::set<double> seen;
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32}) {
    for (const Stream stream : {Stream::regular, Stream::irregular}) {
      for (const nbm::index_t draw : {nbm::index_t{0}, nbm::index_t{1}, nbm::index_t{1} << 40}) {
        for (const nbm::index_t index : {nbm::index_t{0}, nbm::index_t{1}, nbm::index_t{1} << 40}) {
          seen.insert(nbm::uniform(seed, stream, draw, index));
        }
      }
    }
  }
  EXPECT_EQ(seen.size(), 3u * 2u * 3u * 3u);
}

TEST(Philox, IsUniform) {
  std::vector<nbm::index_t> counts(256);
  for (nbm::index_t i = 0; i < 65536; ++i)
    ++counts[static_cast<std::size_t>(nbm::uniform(7, Stream::regular, 3, i) * 256)];
  EXPECT_LT(nbm::test::chi_square(counts), nbm::test::chi_square_limit(255));
}

}  // namespace
