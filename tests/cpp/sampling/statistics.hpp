#pragma once
#include <cmath>
#include <random>
#include <vector>

#include "nbm/core/types.hpp"

namespace nbm::test {

// Sum of (count - expected)^2 / expected.
inline double chi_square(const std::vector<index_t>& counts, const std::vector<double>& expected) {
  double sum = 0.0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double difference = static_cast<double>(counts[i]) - expected[i];
    sum += difference * difference / expected[i];
  }
  return sum;
}

inline double chi_square(const std::vector<index_t>& counts) {
  double total = 0.0;
  for (const index_t c : counts) total += static_cast<double>(c);
  return chi_square(counts, std::vector<double>(counts.size(), total / static_cast<double>(counts.size())));
}

// The value that chi-square with that many degrees of freedom exceeds once in 10^6 (Wilson and Hilferty). Seeds are
// fixed: a test that passes once passes always.
inline double chi_square_limit(double freedom) {
  constexpr double kNormalQuantile = 4.753;
  const double c = 2.0 / (9.0 * freedom), root = 1.0 - c + kNormalQuantile * std::sqrt(c);
  return freedom * root * root * root;
}

// Random points, the same in every run.
class RandomPoints {
 public:
  explicit RandomPoints(unsigned seed) : engine_(seed) {}
  Vec3<double> next(double low, double high) {
    std::uniform_real_distribution<double> uniform(low, high);
    const double x = uniform(engine_), y = uniform(engine_);
    return {x, y, uniform(engine_)};
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace nbm::test
