#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "nbm/sampling/low_discrepancy.hpp"
#include "statistics.hpp"

namespace {

using nbm::index_t;
using nbm::Stream;

// Numerators over 32 from SciPy's qmc.Sobol (the same table of Joe and Kuo), reordered from its Gray code.
TEST(Sobol, UnscrambledDigitsAreThoseOfJoeAndKuo) {
  struct Case {
    std::uint32_t index;
    std::array<std::uint32_t, nbm::kSobolDims> numerator;
  };
  const nbm::ScrambledSobol sobol = nbm::make_sobol(0, Stream::regular, 0);
  for (const Case& c :
       {Case{1, {16, 16, 16, 16, 16, 16}}, Case{2, {8, 24, 24, 24, 8, 8}}, Case{3, {24, 8, 8, 8, 24, 24}},
        Case{5, {20, 4, 28, 20, 20, 28}}, Case{13, {22, 26, 14, 30, 2, 26}}, Case{22, {13, 29, 9, 3, 19, 29}}}) {
    for (int dim = 0; dim < nbm::kSobolDims; ++dim) {
      EXPECT_EQ(nbm::reverse_bits(nbm::sobol_digits(sobol, c.index, dim)),
                c.numerator[static_cast<std::size_t>(dim)] << 27)
          << c.index << ' ' << dim;
    }
  }
}

// Scrambling keeps the net: of the first 2^m points, one lies in each interval of length 2^-m, in every coordinate.
TEST(Sobol, ScrambledPointsAreStratified) {
  constexpr index_t count = 1024;
  const nbm::ScrambledSobol sobol = nbm::make_sobol(42, Stream::irregular, 17);
  for (int dim = 0; dim < nbm::kSobolDims; ++dim) {
    std::vector<int> hits(count);
    for (index_t i = 0; i < count; ++i) {
      const double u = nbm::low_discrepancy(sobol, i, dim);
      ASSERT_GT(u, 0.0);
      ASSERT_LT(u, 1.0);
      ++hits[static_cast<std::size_t>(u * count)];
    }
    for (const int h : hits) ASSERT_EQ(h, 1) << dim;
  }
  // Coordinates 0 and 1 are a (0, 2)-sequence: one point in each box of any shape with volume 1/1024.
  for (int bits = 0; bits <= 10; ++bits) {
    std::vector<int> hits(count);
    for (index_t i = 0; i < count; ++i) {
      const auto column = static_cast<index_t>(std::ldexp(nbm::low_discrepancy(sobol, i, 0), bits));
      const auto row = static_cast<index_t>(std::ldexp(nbm::low_discrepancy(sobol, i, 1), 10 - bits));
      ++hits[static_cast<std::size_t>(column << (10 - bits) | row)];
    }
    for (const int h : hits) ASSERT_EQ(h, 1) << bits;
  }
}

TEST(Sobol, OnePointIsUniformOverTheDraws) {
  for (const index_t index : {index_t{0}, index_t{5}, index_t{100000}}) {
    std::vector<index_t> counts(512);
    for (index_t draw = 0; draw < 16384; ++draw) {
      const nbm::ScrambledSobol sobol = nbm::make_sobol(1, Stream::regular, draw);
      std::size_t bin = 0;
      for (int dim = 0; dim < 3; ++dim) {
        bin = 8 * bin + static_cast<std::size_t>(8.0 * nbm::low_discrepancy(sobol, index, dim));
      }
      ++counts[bin];
    }
    EXPECT_LT(nbm::test::chi_square(counts), nbm::test::chi_square_limit(511)) << index;
  }
}

// Root mean square error over 32 draws of the integral of a smooth function with variance 0.1, for 4096 points: random
// points have sqrt(variance / 4096); scrambled nets fall as n^-3/2 up to logarithms and must be 20 times better.
TEST(Sobol, IntegratesBetterThanRandomPoints) {
  constexpr index_t count = 4096;
  const auto f = [](double x, double y, double z) {
    return (1.0 + std::sin(3.0 * x)) * std::exp(-y) * (z - 0.2 * z * z);
  };
  // One-dimensional integrals by hand.
  const double exact = (1.0 + (1.0 - std::cos(3.0)) / 3.0) * (1.0 - std::exp(-1.0)) * (0.5 - 0.2 / 3.0);
  double sobol_square = 0.0, random_square = 0.0;
  for (index_t draw = 0; draw < 32; ++draw) {
    const nbm::ScrambledSobol sobol = nbm::make_sobol(3, Stream::regular, draw);
    double low = 0.0, random = 0.0;
    for (index_t i = 0; i < count; ++i) {
      low += f(nbm::low_discrepancy(sobol, i, 0), nbm::low_discrepancy(sobol, i, 1), nbm::low_discrepancy(sobol, i, 2));
      const nbm::PhiloxBlock w = nbm::random_words(3, Stream::regular, 100 + draw, i);
      random += f(std::ldexp(w.word[0], -32), std::ldexp(w.word[1], -32), std::ldexp(w.word[2], -32));
    }
    sobol_square += std::pow(low / count - exact, 2);
    random_square += std::pow(random / count - exact, 2);
  }
  EXPECT_LT(std::sqrt(sobol_square), std::sqrt(random_square) / 20.0);
}

TEST(Sobol, DrawsDifferAndRangesAgree) {
  const nbm::ScrambledSobol a = nbm::make_sobol(1, Stream::regular, 0), b = nbm::make_sobol(1, Stream::regular, 1);
  EXPECT_NE(nbm::low_discrepancy(a, 0, 0), nbm::low_discrepancy(b, 0, 0));
  std::vector<double> values(100);
  nbm::fill_low_discrepancy(a, 1000, 100, 2, values.data());
  for (index_t i = 0; i < 100; ++i) {
    EXPECT_EQ(values[static_cast<std::size_t>(i)], nbm::low_discrepancy(a, 1000 + i, 2));
  }
}

}  // namespace
