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

  std::vector<T> of(RowGroup group) const {
    std::vector<T> r;
    for (std::size_t s = 0; s < kSides; ++s) {
      if (group == RowGroup::regular) {
        const DifferenceRows& rows = rows_.regular[s];
        for (std::size_t i = 0; i < rows.rhs.size(); ++i) {
          T sum = T(rows.value[i]) * value(s, at(rows.x, i)) - T(rows.rhs[i]);
          for (int k = 0; k < kDim; ++k) {
            const auto axis = static_cast<std::size_t>(k);
            const auto [first, second] = differences(s, at(rows.x, i), rows.step, k);
            sum += T(rows.first[axis][i]) * first + T(rows.second[axis][i]) * second;
          }
          r.push_back(sum);
        }
      } else if (group == RowGroup::boundary) {
        const ValueRows& rows = rows_.boundary[s];
        for (std::size_t i = 0; i < rows.target.size(); ++i) {
          r.push_back(T(rows.scale[i]) * (value(s, at(rows.x, i)) - T(rows.target[i])));
        }
      }
    }
    if (group == RowGroup::irregular) add_stencil_rows(r);
    if (group == RowGroup::value_jump) add_jump_rows(rows_.value_jump, r);
    if (group == RowGroup::flux_jump) add_jump_rows(rows_.flux_jump, r);
    return r;
  }

  double squares(RowGroup group) const {
    T sum = 0;
    for (const T r : of(group)) sum += r * r;
    return static_cast<double>(sum);
  }

 private:
  static Vec3<T> at(const std::array<std::vector<double>, kDim>& x, std::size_t i) {
    return {T(x[0][i]), T(x[1][i]), T(x[2][i])};
  }
  T value(std::size_t side, Vec3<T> x) const {
    return network<T>(siren_, parameters_.subspan(side * count_, count_), x);
  }
  std::pair<T, T> differences(std::size_t side, Vec3<T> x, Vec3<double> step, int axis) const {
    Vec3<T> above = x, below = x;
    above[axis] += T(step[axis]);
    below[axis] -= T(step[axis]);
    const T up = value(side, above), down = value(side, below);
    return {(up - down) / 2, up - 2 * value(side, x) + down};
  }
  void add_stencil_rows(std::vector<T>& r) const {
    const StencilRows& rows = rows_.irregular;
    for (std::size_t i = 0; i < rows.rhs.size(); ++i) {
      T sum = -T(rows.rhs[i]);
      for (std::size_t s = 0; s < kSides; ++s) {
        for (index_t j = rows.begin[s][i]; j < rows.begin[s][i + 1]; ++j) {
          const auto e = static_cast<std::size_t>(j);
          sum += T(rows.weight[s][e]) * value(s, at(rows.x[s], e));
        }
      }
      r.push_back(sum);
    }
  }
  void add_jump_rows(const JumpRows& rows, std::vector<T>& r) const {
    for (std::size_t i = 0; i < rows.rhs.size(); ++i) {
      T sum = -T(rows.rhs[i]);
      for (std::size_t s = 0; s < kSides; ++s) {
        sum += T(rows.value[s]) * value(s, at(rows.x, i));
        for (int k = 0; k < kDim; ++k) {
          const auto axis = static_cast<std::size_t>(k);
          sum += T(rows.first[s][axis][i]) * differences(s, at(rows.x, i), rows.step, k).first;
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
