#pragma once
#include <cstdint>

#include "nbm/core/philox.hpp"

// Scrambled Sobol points: low discrepancy, and a point is a function of (seed, stream, draw, index) alone.
// Another draw is another, independent scrambling of the same sequence.
namespace nbm {

constexpr int kSobolDims = 6;
constexpr int kSobolBits = 32;  // coordinates are multiples of 2^-32, plus a half; an index is taken modulo 2^32

// One scrambling; made on the host, passed by value.
struct ScrambledSobol {
  // Generator matrices with reversed digits: bit b of an entry is the digit of weight 2^-(b+1).
  std::uint32_t direction[kSobolDims][kSobolBits];
  std::uint32_t scramble[kSobolDims];  // seeds the nested scrambling
  std::uint32_t shift[kSobolDims];     // digital shift: makes every single point exactly uniform over the scramblings
};

NBM_EXPORT ScrambledSobol make_sobol(std::uint64_t seed, Stream stream, index_t draw);

NBM_HD std::uint32_t reverse_bits(std::uint32_t v) {
  v = (v >> 1 & 0x55555555u) | (v & 0x55555555u) << 1;
  v = (v >> 2 & 0x33333333u) | (v & 0x33333333u) << 2;
  v = (v >> 4 & 0x0F0F0F0Fu) | (v & 0x0F0F0F0Fu) << 4;
  v = (v >> 8 & 0x00FF00FFu) | (v & 0x00FF00FFu) << 8;
  return v >> 16 | v << 16;
}

// The digits of coordinate `dim` of point `index` before scrambling, reversed.
NBM_HD std::uint32_t sobol_digits(const ScrambledSobol& sobol, std::uint32_t index, int dim) {
  std::uint32_t digits = 0;
  NBM_UNROLL_BITS
  for (int bit = 0; bit < kSobolBits; ++bit) digits ^= (0u - (index >> bit & 1u)) & sobol.direction[dim][bit];
  return digits;
}

// Nested uniform (Owen) scrambling by a hash in which a bit depends on lower bits only, that is, a digit on the digits
// before it: Laine and Karras (2011), Burley, "Practical hash-based Owen scrambling" (2020), Vegdahl's constants.
NBM_HD std::uint32_t owen_scramble(std::uint32_t digits, std::uint32_t seed) {
  digits ^= digits * 0x3d20adeau;
  digits += seed;
  digits *= seed >> 16 | 1u;
  digits ^= digits * 0x05526c56u;
  digits ^= digits * 0x53a22864u;
  return digits;
}

// The coordinate with these digits before scrambling, in (0, 1).
NBM_HD double scrambled_coordinate(const ScrambledSobol& sobol, std::uint32_t digits, int dim) {
  const std::uint32_t scrambled = reverse_bits(owen_scramble(digits, sobol.scramble[dim])) ^ sobol.shift[dim];
  // By way of a signed number, which converts in one vector instruction.
  return (static_cast<double>(static_cast<std::int32_t>(scrambled ^ 0x80000000u)) + 2147483648.5) * 0x1.0p-32;
}

// Coordinate `dim` of point `index`.
NBM_HD double low_discrepancy(const ScrambledSobol& sobol, index_t index, int dim) {
  return scrambled_coordinate(sobol, sobol_digits(sobol, static_cast<std::uint32_t>(index), dim), dim);
}

// values[i] = coordinate `dim` of point first + i, the same bits as above.
NBM_EXPORT void fill_low_discrepancy(const ScrambledSobol& sobol, index_t first, index_t count, int dim,
                                     double* values);

}  // namespace nbm
