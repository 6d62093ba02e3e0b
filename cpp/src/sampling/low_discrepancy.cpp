#include "nbm/sampling/low_discrepancy.hpp"

#include <algorithm>
#include <array>

namespace nbm {
namespace {

// A primitive polynomial over GF(2) and the first direction numbers, from the table new-joe-kuo-6 of Joe and Kuo,
// "Constructing Sobol sequences with better two-dimensional projections" (2008). Dimension 0 is van der Corput's.
struct JoeKuoRow {
  int degree;
  std::uint32_t polynomial;  // inner coefficients
  std::array<std::uint32_t, 4> initial;
};
constexpr std::array<JoeKuoRow, kSobolDims - 1> kJoeKuo = {{
    {1, 0, {1}},
    {2, 1, {1, 3}},
    {3, 1, {1, 3, 1}},
    {3, 2, {1, 1, 1}},
    {4, 1, {1, 1, 3, 3}},
}};

// Direction numbers with the first digit in the highest bit.
std::array<std::uint32_t, kSobolBits> direction_numbers(const JoeKuoRow& row) {
  std::array<std::uint32_t, kSobolBits> v{};
  const int s = row.degree;
  for (int i = 0; i < kSobolBits; ++i) {
    const auto n = static_cast<std::size_t>(i), degree = static_cast<std::size_t>(s);
    if (i < s) {
      v[n] = row.initial[n] << (kSobolBits - 1 - i);
      continue;
    }
    v[n] = v[n - degree] ^ v[n - degree] >> s;
    for (int k = 1; k < s; ++k) {
      if (row.polynomial >> (s - 1 - k) & 1u) v[n] ^= v[n - static_cast<std::size_t>(k)];
    }
  }
  return v;
}

}  // namespace

ScrambledSobol make_sobol(std::uint64_t seed, Stream stream, index_t draw) {
  ScrambledSobol sobol{};
  for (int dim = 0; dim < kSobolDims; ++dim) {
    for (int bit = 0; bit < kSobolBits; ++bit) sobol.direction[dim][bit] = 1u << bit;
    if (dim > 0) {
      const auto v = direction_numbers(kJoeKuo[static_cast<std::size_t>(dim - 1)]);
      for (int bit = 0; bit < kSobolBits; ++bit) {
        sobol.direction[dim][bit] = reverse_bits(v[static_cast<std::size_t>(bit)]);
      }
    }
    const PhiloxBlock words = random_words(seed, stream, draw, dim);
    sobol.scramble[dim] = words.word[0];
    sobol.shift[dim] = words.word[1];
  }
  return sobol;
}

// The digits are linear in the index: those of its low bits come from a table, those of the others are one number for a
// run of indices.
void fill_low_discrepancy(const ScrambledSobol& sobol, index_t first, index_t count, int dim, double* values) {
  constexpr int kLowBits = 8;
  constexpr index_t kRun = index_t{1} << kLowBits;
  std::array<std::uint32_t, kRun> low{};
  for (int bit = 0; bit < kLowBits; ++bit) {
    for (std::size_t i = 0; i < std::size_t{1} << bit; ++i)
      low[(std::size_t{1} << bit) + i] = low[i] ^ sobol.direction[dim][bit];
  }
  for (index_t i = 0; i < count;) {
    const index_t offset = (first + i) % kRun, run = std::min(kRun - offset, count - i);
    const std::uint32_t high = sobol_digits(sobol, static_cast<std::uint32_t>(first + i - offset), dim);
    const std::uint32_t* digits = low.data() + offset;
    for (index_t j = 0; j < run; ++j) values[i + j] = scrambled_coordinate(sobol, high ^ digits[j], dim);
    i += run;
  }
}

}  // namespace nbm
