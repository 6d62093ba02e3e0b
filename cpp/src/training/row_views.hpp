#pragma once
#include "nbm/rows/row_sets.hpp"
#include "training/kernels.hpp"

namespace nbm {

inline DifferenceRowsView view_of(const DifferenceRows& rows) {
  return {{rows.x[0].data(), rows.x[1].data(), rows.x[2].data()},
          rows.value.data(),
          {rows.first[0].data(), rows.first[1].data(), rows.first[2].data()},
          {rows.second[0].data(), rows.second[1].data(), rows.second[2].data()},
          rows.rhs.data()};
}

inline PointRowsView view_of(const PointRows& rows) {
  PointRowsView view{};
  for (std::size_t k = 0; k < kDim; ++k) view.x[k] = rows.x[k].data();
  for (std::size_t s = 0; s < kSides; ++s) {
    view.touches[s] = rows.touches(s);
    for (std::size_t q = 0; q < kPointTerms; ++q) {
      view.weight[s][q] = rows.weight[s][q].empty() ? nullptr : rows.weight[s][q].data();
    }
  }
  view.rhs = rows.rhs.data();
  view.has_differences = rows.has_differences();
  return view;
}

inline StencilRowsView view_of(const StencilRows& rows) {
  StencilRowsView view{};
  for (std::size_t s = 0; s < kSides; ++s) {
    view.begin[s] = rows.begin[s].data();
    view.weight[s] = rows.weight[s].data();
    for (std::size_t k = 0; k < kDim; ++k) view.x[s][k] = rows.x[s][k].data();
  }
  view.rhs = rows.rhs.data();
  return view;
}

}  // namespace nbm
