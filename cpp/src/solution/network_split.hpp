#pragma once
#include <span>
#include <vector>

#include "nbm/core/points.hpp"
#include "nbm/network/network_map.hpp"

namespace nbm {

// Numbers of points by the network of one side that they ask, each in increasing order.
std::vector<std::vector<index_t>> points_of_networks(const NetworkMap& map, Side side, PointsView points);

// use(network, points, outputs) for the networks of one side at points in network coordinates, where `outputs` are the
// parts of the arrays given that belong to the points: in place where the side has one network, else sorted and
// scattered.
template <class Use>
void for_each_network(const NetworkMap& map, Side side, PointsView points, std::span<const std::span<double>> outputs,
                      Use&& use) {
  if (map.count(side) == 1) return use(map.first(side), points, outputs);
  const std::vector<std::vector<index_t>> numbers = points_of_networks(map, side, points);
  for (std::size_t n = 0; n < numbers.size(); ++n) {
    const std::vector<index_t>& own = numbers[n];
    if (own.empty()) continue;
    Points x(static_cast<index_t>(own.size()));
    for (std::size_t i = 0; i < own.size(); ++i) x.set(static_cast<index_t>(i), points[own[i]]);
    std::vector<std::vector<double>> values(outputs.size(), std::vector<double>(own.size()));
    const std::vector<std::span<double>> parts(values.begin(), values.end());
    use(map.first(side) + static_cast<index_t>(n), x.view(), std::span<const std::span<double>>(parts));
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      for (std::size_t i = 0; i < own.size(); ++i) outputs[k][static_cast<std::size_t>(own[i])] = values[k][i];
    }
  }
}

}  // namespace nbm
