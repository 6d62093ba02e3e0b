#pragma once
#include <vector>

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

// The networks that rows [begin, end) touch; both, where there is one a side.
inline std::vector<std::size_t> touched_networks(const StencilRows& rows, index_t begin, index_t end) {
  std::vector<std::size_t> touched;
  for (std::size_t s = 0; s < rows.networks(); ++s) {
    const std::vector<index_t>& at = rows.begin[s];
    const bool touches = at[static_cast<std::size_t>(begin)] != at[static_cast<std::size_t>(end)];
    if (touches || rows.networks() == kSides) touched.push_back(s);
  }
  return touched;
}

// Some networks of stencil rows.
class StencilViews {
 public:
  StencilViews(const StencilRows& rows, const std::vector<std::size_t>& networks) : rhs_(rows.rhs.data()) {
    for (const std::size_t s : networks) {
      const auto& x = rows.x[s];
      entries_.push_back({rows.begin[s].data(), {x[0].data(), x[1].data(), x[2].data()}, rows.weight[s].data()});
    }
  }
  // Valid while this is.
  StencilRowsView view() const { return {entries_.data(), static_cast<int>(entries_.size()), rhs_}; }

 private:
  std::vector<StencilEntriesView> entries_;
  const double* rhs_;
};

}  // namespace nbm
