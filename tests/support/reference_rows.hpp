#pragma once
#include <array>
#include <vector>

#include "nbm/training/loss.hpp"
#include "reference_network.hpp"

// Residuals of rows by values of the slow network alone: differences are taken as differences.
namespace nbm::reference {

template <class T>
class Residuals {
 public:
  Residuals(const Siren& siren, std::span<const double> parameters, const RowSet& rows)
      : siren_(siren),
        count_(static_cast<std::size_t>(siren.parameter_count())),
        parameters_(parameters),
        rows_(rows) {}

  std::vector<T> of(int group) const {
    std::vector<T> r;
    for (std::size_t s = 0; s < rows_.networks(); ++s) {
      const DifferenceRows& rows = rows_.regular[s];
      for (std::size_t i = 0; group == kRegularGroup && i < rows.rhs.size(); ++i) {
        T sum = T(rows.value[i]) * value(s, at(rows.x, i)) - T(rows.rhs[i]);
        for (int k = 0; k < kDim; ++k) {
          const auto axis = static_cast<std::size_t>(k);
          const auto [first, second] = differences(s, at(rows.x, i), rows.step, k);
          sum += T(rows.first[axis][i]) * first + T(rows.second[axis][i]) * second;
        }
        r.push_back(sum);
      }
    }
    if (group == kIrregularGroup) add_stencil_rows(r);
    for (const PointRows& rows : rows_.points) {
      if (rows.group == group) add_point_rows(rows, r);
    }
    return r;
  }

  double squares(int group) const {
    T sum = 0;
    for (const T r : of(group)) sum += r * r;
    return static_cast<double>(sum);
  }

 private:
  static Vec3<T> at(const std::array<std::vector<double>, kDim>& x, std::size_t i) {
    return {T(x[0][i]), T(x[1][i]), T(x[2][i])};
  }
  T value(std::size_t net, Vec3<T> x) const { return network<T>(siren_, parameters_.subspan(net * count_, count_), x); }
  std::pair<T, T> differences(std::size_t net, Vec3<T> x, Vec3<double> step, int axis) const {
    Vec3<T> above = x, below = x;
    above[axis] += T(step[axis]);
    below[axis] -= T(step[axis]);
    const T up = value(net, above), down = value(net, below);
    return {(up - down) / 2, up - 2 * value(net, x) + down};
  }
  void add_stencil_rows(std::vector<T>& r) const {
    const StencilRows& rows = rows_.irregular;
    for (std::size_t i = 0; i < rows.rhs.size(); ++i) {
      T sum = -T(rows.rhs[i]);
      for (std::size_t s = 0; s < rows.networks(); ++s) {
        for (index_t j = rows.begin[s][i]; j < rows.begin[s][i + 1]; ++j) {
          const auto e = static_cast<std::size_t>(j);
          sum += T(rows.weight[s][e]) * value(s, at(rows.x[s], e));
        }
      }
      r.push_back(sum);
    }
  }
  void add_point_rows(const PointRows& rows, std::vector<T>& r) const {
    for (std::size_t i = 0; i < rows.rhs.size(); ++i) {
      T sum = -T(rows.rhs[i]);
      for (std::size_t s = 0; s < kSides; ++s) {
        const auto& weight = rows.weight[s];
        const std::size_t net = rows.network[s];
        if (!weight[0].empty()) sum += T(weight[0][i]) * value(net, at(rows.x, i));
        for (int k = 0; k < kDim; ++k) {
          const auto& of_axis = weight[static_cast<std::size_t>(1 + k)];
          if (!of_axis.empty()) sum += T(of_axis[i]) * differences(net, at(rows.x, i), rows.step, k).first;
        }
      }
      r.push_back(sum);
    }
  }

  Siren siren_;
  std::size_t count_;
  std::span<const double> parameters_;
  const RowSet& rows_;
};

}  // namespace nbm::reference
