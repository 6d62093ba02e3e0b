#include "nbm/rows/row_sets.hpp"

namespace nbm {
namespace {

template <class T>
void append_all(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

void DifferenceRows::resize(index_t n) {
  const auto count = static_cast<std::size_t>(n);
  value.resize(count);
  rhs.resize(count);
  for (auto* axes : {&x, &first, &second}) {
    for (auto& axis : *axes) axis.resize(count);
  }
}

void StencilRows::clear() {
  for (std::size_t s = 0; s < networks(); ++s) {
    begin[s].assign(1, 0);
    for (auto& axis : x[s]) axis.clear();
    weight[s].clear();
  }
  rhs.clear();
}

void StencilRows::append(const StencilRows& other) {
  for (std::size_t s = 0; s < networks(); ++s) {
    const index_t entries = static_cast<index_t>(weight[s].size());
    for (index_t row = 0; row < other.size(); ++row) {
      begin[s].push_back(entries + other.begin[s][static_cast<std::size_t>(row) + 1]);
    }
    for (std::size_t axis = 0; axis < kDim; ++axis) append_all(x[s][axis], other.x[s][axis]);
    append_all(weight[s], other.weight[s]);
  }
  append_all(rhs, other.rhs);
}

PointRows::PointRows(int of_group, PointTerms of_terms, index_t n) : group(of_group), terms_(of_terms) { resize(n); }

void PointRows::resize(index_t n) {
  const auto count = static_cast<std::size_t>(n);
  for (auto& axis : x) axis.resize(count);
  for (std::size_t side = 0; side < kSides; ++side) {
    for (std::size_t q = 0; q < kPointTerms; ++q) {
      if (q == 0 ? terms_.value[side] : terms_.first[side]) weight[side][q].resize(count);
    }
  }
  rhs.resize(count);
}

void PointRows::set(index_t i, Vec3<double> at, const PointRow<double>& row) {
  const auto to = static_cast<std::size_t>(i);
  for (std::size_t k = 0; k < kDim; ++k) x[k][to] = at[static_cast<int>(k)];
  for (std::size_t side = 0; side < kSides; ++side) {
    for (std::size_t q = 0; q < kPointTerms; ++q) {
      if (!weight[side][q].empty()) weight[side][q][to] = row.weight[side][q];
    }
  }
  rhs[to] = row.rhs;
}

std::string group_name(int group) {
  static constexpr const char* kNames[kStandardGroups] = {"regular", "irregular", "boundary", "value_jump",
                                                          "flux_jump"};
  return kNames[group];
}

}  // namespace nbm
