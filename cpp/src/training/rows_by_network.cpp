#include "training/rows_by_network.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "problem/periods.hpp"

namespace nbm {
namespace {

using Axes = std::array<std::vector<double>, kDim>;

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

std::size_t network_at(const NetworkMap& map, std::size_t side, const Axes& x, std::size_t i) {
  return at(map.at(static_cast<Side>(side), {x[0][i], x[1][i], x[2][i]}));
}

void append(const DifferenceRows& from, std::size_t i, DifferenceRows& to) {
  to.value.push_back(from.value[i]);
  to.rhs.push_back(from.rhs[i]);
  for (std::size_t k = 0; k < kDim; ++k) {
    to.x[k].push_back(from.x[k][i]);
    to.first[k].push_back(from.first[k][i]);
    to.second[k].push_back(from.second[k][i]);
  }
}

std::vector<DifferenceRows> sorted(const NetworkMap& map, const std::vector<DifferenceRows>& by_side) {
  std::vector<DifferenceRows> rows(at(map.size()));
  for (std::size_t side = 0; side < kSides; ++side) {
    const DifferenceRows& from = by_side[side];
    for (index_t n = 0; n < map.count(static_cast<Side>(side)); ++n) {
      rows[at(map.first(static_cast<Side>(side)) + n)].step = from.step;
    }
    for (std::size_t i = 0; i < from.rhs.size(); ++i) append(from, i, rows[network_at(map, side, from.x, i)]);
  }
  return rows;
}

std::vector<double> picked(const std::vector<double>& from, const std::vector<std::size_t>& rows) {
  std::vector<double> to;
  if (from.empty()) return to;  // a term that these rows do not have
  to.reserve(rows.size());
  for (const std::size_t i : rows) to.push_back(from[i]);
  return to;
}

void append_sorted(const NetworkMap& map, const PointRows& from, std::vector<PointRows>& sets) {
  std::map<std::array<std::size_t, kSides>, std::vector<std::size_t>> of_networks;
  for (std::size_t i = 0; i < from.rhs.size(); ++i) {
    std::array<std::size_t, kSides> networks = {0, at(map.first(Side::plus))};
    for (std::size_t side = 0; side < kSides; ++side) {
      if (from.touches(side)) networks[side] = network_at(map, side, from.x, i);
    }
    of_networks[networks].push_back(i);
  }
  for (const auto& [networks, rows] : of_networks) {
    PointRows& to = sets.emplace_back(from.group, from.terms(), 0);
    to.network = networks;
    to.step = from.step;
    to.rhs = picked(from.rhs, rows);
    for (std::size_t k = 0; k < kDim; ++k) to.x[k] = picked(from.x[k], rows);
    for (std::size_t side = 0; side < kSides; ++side) {
      for (std::size_t q = 0; q < kPointTerms; ++q) to.weight[side][q] = picked(from.weight[side][q], rows);
    }
  }
}

// The networks of the entries of one row, in the order of the sides and their entries. Entries beyond a periodic wall
// ask a period back.
std::vector<std::size_t> networks_of_entries(const NetworkMap& map, const std::array<bool, kDim>& periodic,
                                             const StencilRows& rows, std::size_t i) {
  constexpr Box kNetworkBox{{-1.0, -1.0, -1.0}, {1.0, 1.0, 1.0}};
  std::vector<std::size_t> networks;
  for (std::size_t side = 0; side < kSides; ++side) {
    for (index_t j = rows.begin[side][i]; j < rows.begin[side][i + 1]; ++j) {
      const auto& x = rows.x[side];
      const Vec3<double> place = folded(kNetworkBox, periodic, {x[0][at(j)], x[1][at(j)], x[2][at(j)]});
      networks.push_back(at(map.at(static_cast<Side>(side), place)));
    }
  }
  return networks;
}

StencilRows sorted(const NetworkMap& map, const std::array<bool, kDim>& periodic, const StencilRows& by_side) {
  const std::size_t count = by_side.rhs.size();
  std::vector<std::vector<std::size_t>> of_entries(count), touched(count);
  for (std::size_t i = 0; i < count; ++i) {
    touched[i] = of_entries[i] = networks_of_entries(map, periodic, by_side, i);
    std::sort(touched[i].begin(), touched[i].end());
    touched[i].erase(std::unique(touched[i].begin(), touched[i].end()), touched[i].end());
  }
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return touched[a] < touched[b]; });
  StencilRows rows(at(map.size()));
  rows.clear();
  for (const std::size_t i : order) {
    auto network = of_entries[i].begin();
    for (std::size_t side = 0; side < kSides; ++side) {
      for (index_t j = by_side.begin[side][i]; j < by_side.begin[side][i + 1]; ++j, ++network) {
        for (std::size_t k = 0; k < kDim; ++k) rows.x[*network][k].push_back(by_side.x[side][k][at(j)]);
        rows.weight[*network].push_back(by_side.weight[side][at(j)]);
      }
    }
    for (std::size_t s = 0; s < rows.networks(); ++s) {
      rows.begin[s].push_back(static_cast<index_t>(rows.weight[s].size()));
    }
    rows.rhs.push_back(by_side.rhs[i]);
  }
  return rows;
}

}  // namespace

void sort_by_network(const NetworkMap& map, RowSet& rows, const std::array<bool, kDim>& periodic) {
  rows.regular = sorted(map, rows.regular);
  rows.irregular = sorted(map, periodic, rows.irregular);
  std::vector<PointRows> sets;
  for (const PointRows& set : rows.points) append_sorted(map, set, sets);
  rows.points = std::move(sets);
}

}  // namespace nbm
