#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "nbm/network/shallow_point.hpp"
#include "network/prepared_network.hpp"

// Rows of one hidden layer by sums of sines, against the passes that go through all quantities of each neuron.
namespace {

using nbm::kDim;
using nbm::kQuantities;

constexpr int kWidth = 23, kPoints = 40;

struct Row {
  double x[kDim], weight[kQuantities];
};

// Weights of second differences as large as those of small cells are.
std::vector<Row> random_rows() {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> draw(-1.0, 1.0);
  std::vector<Row> rows(kPoints);
  for (Row& row : rows) {
    for (double& x : row.x) x = draw(random);
    for (int q = 0; q < kQuantities; ++q) row.weight[q] = draw(random) * (q >= nbm::kSecond ? 50 : 1);
  }
  return rows;
}

struct VectorSink {
  std::vector<double> sums;
  void add(int parameter, double derivative) { sums[static_cast<std::size_t>(parameter)] += derivative; }
};

TEST(ShallowPoint, RowsAndDerivativesAreThoseOfThePasses) {
  const nbm::Siren siren{{kWidth}, 7.0};
  auto parameters = nbm::initial_parameters(siren, 3, nbm::Side::minus);
  parameters.back() = 0.3;
  const nbm::PreparedNetwork<double> network(siren, parameters, {0.02, 0.03, 0.05});
  const auto& net = network.view();
  std::vector<double> memory(static_cast<std::size_t>(nbm::siren_workspace(net.width, net.depth, kQuantities)));
  VectorSink expected{std::vector<double>(parameters.size())};
  std::vector<nbm::ShallowSums<double>> sums(kWidth);
  double by_output_bias = 0;
  for (const Row& row : random_rows()) {
    double out[kQuantities], wanted = 0, found = parameters.back() * row.weight[nbm::kValue];
    nbm::siren_differences(net, row.x, memory.data(), out);
    for (int q = 0; q < kQuantities; ++q) wanted += row.weight[q] * out[q];
    double sine[kWidth], cosine[kWidth], slope[kWidth];
    for (int i = 0; i < kWidth; ++i) {
      const auto neuron = nbm::shallow_neuron(net, i);
      double part;
      nbm::shallow_wave(neuron, row.x, sine[i], cosine[i]);
      nbm::shallow_part(neuron, row.weight, sine[i], cosine[i], part, slope[i]);
      found += neuron.output * part;
    }
    // Some hundred roundings of terms of order ten.
    ASSERT_NEAR(found, wanted, 1e-13);
    // The derivatives of half the square of the row.
    double at[kDim], weight[kQuantities], seed[kQuantities];
    for (int k = 0; k < kDim; ++k) at[k] = wanted * row.x[k];
    for (int q = 0; q < kQuantities; ++q) seed[q] = weight[q] = wanted * row.weight[q];
    nbm::siren_differences_adjoint(net, row.x, memory.data(), seed, expected);
    for (std::size_t i = 0; i < kWidth; ++i) sums[i].add(at, wanted, weight, sine[i], cosine[i], slope[i]);
    by_output_bias += weight[nbm::kValue];
  }
  std::vector<double> found(parameters.size());
  for (int i = 0; i < kWidth; ++i) {
    const auto neuron = nbm::shallow_neuron(net, i);
    const auto n = static_cast<std::size_t>(i);
    for (int k = 0; k < kDim; ++k) found[n * kDim + static_cast<std::size_t>(k)] = sums[n].by_weight(net, neuron, k);
    found[kWidth * kDim + n] = sums[n].by_bias(net, neuron);
    found[kWidth * (kDim + 1) + n] = sums[n].by_output(neuron);
  }
  found.back() = by_output_bias;
  double largest = 0;
  for (const double derivative : expected.sums) largest = std::max(largest, std::fabs(derivative));
  for (std::size_t p = 0; p < found.size(); ++p) EXPECT_NEAR(found[p], expected.sums[p], 1e-13 * largest) << p;
}

}  // namespace
