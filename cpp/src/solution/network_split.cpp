#include "solution/network_split.hpp"

namespace nbm {

std::vector<std::vector<index_t>> points_of_networks(const NetworkMap& map, Side side, PointsView points) {
  std::vector<std::vector<index_t>> numbers(static_cast<std::size_t>(map.count(side)));
  for (index_t i = 0; i < points.size; ++i) {
    numbers[static_cast<std::size_t>(map.at(side, points[i]) - map.first(side))].push_back(i);
  }
  return numbers;
}

}  // namespace nbm
