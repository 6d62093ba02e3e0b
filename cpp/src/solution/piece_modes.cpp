#include "solution/piece_modes.hpp"

#include <algorithm>
#include <cmath>

#include "solution/multigrid.hpp"

namespace nbm {
namespace {

constexpr index_t kMostSteps = 100;

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

index_t entries_of(const MatrixView<double>& matrix, index_t row) { return matrix.begin[row + 1] - matrix.begin[row]; }

// By the mean of the diagonals, which is that of mu but for factors of the grid.
std::uint8_t better_conducting_side(const GridSystem& system) {
  double sum[kSides] = {}, count[kSides] = {};
  for (index_t i = 0; i < system.size(); ++i) {
    if (system.row_begin[at(i + 1)] - system.row_begin[at(i)] == 1) continue;
    sum[system.side[at(i)]] += system.diagonal[at(i)];
    count[system.side[at(i)]] += 1.0;
  }
  return sum[0] * std::max(count[1], 1.0) >= sum[1] * std::max(count[0], 1.0) ? 0 : 1;
}

// Calls use(neighbor) for the nodes next to a node along the axes.
template <class Use>
void for_neighbors(Vec3<index_t> nodes, index_t node, Use&& use) {
  const index_t stride[kDim] = {nodes.y * nodes.z, nodes.z, 1};
  const Vec3<index_t> place = {node / stride[0], node / stride[1] % nodes.y, node % nodes.z};
  for (int axis = 0; axis < kDim; ++axis) {
    if (place[axis] > 0) use(node - stride[axis]);
    if (place[axis] + 1 < nodes[axis]) use(node + stride[axis]);
  }
}

}  // namespace

PieceModes::PieceModes(const GridSystem& system, const MatrixView<double>& matrix, double tolerance, ThreadPool& pool)
    : system_(system), matrix_(matrix), pool_(pool) {
  find_pieces();
  if (modes_.empty()) return;
  solve_around(tolerance);
  for (Mode& mode : modes_) {
    mode.image.resize(at(matrix.rows));
    multiply<double>(matrix, mode.values, mode.image, pool);
  }
  const std::size_t count = modes_.size();
  balance_of_images_.resize(count * count);
  for (std::size_t l = 0; l < count; ++l) {
    const std::vector<double> column = balances(modes_[l].image);
    for (std::size_t k = 0; k < count; ++k) balance_of_images_[k * count + l] = column[k];
  }
}

void PieceModes::find_pieces() {
  const std::uint8_t side = better_conducting_side(system_);
  std::vector<std::uint8_t> seen(at(system_.size())), is_copy(at(system_.size()));
  for (const GridCopy& copy : system_.copies) is_copy[at(copy.node)] = 1;
  for (index_t start = 0; start < system_.size(); ++start) {
    if (seen[at(start)] || system_.side[at(start)] != side) continue;
    std::vector<index_t> nodes{start};
    seen[at(start)] = 1;
    bool held = false;
    for (std::size_t next = 0; next < nodes.size(); ++next) {
      held = held || (entries_of(matrix_, nodes[next]) == 1 && is_copy[at(nodes[next])] == 0);
      for_neighbors(system_.nodes, nodes[next], [&](index_t other) {
        if (seen[at(other)] || system_.side[at(other)] != side) return;
        seen[at(other)] = 1;
        nodes.push_back(other);
      });
    }
    if (held) continue;
    if (static_cast<index_t>(modes_.size()) == kMostPieces) {
      modes_.clear();
      return;
    }
    modes_.push_back({std::vector<double>(at(system_.size())), {}, std::move(nodes)});
    for (const index_t node : modes_.back().nodes) modes_.back().values[at(node)] = 1.0;
  }
}

void PieceModes::solve_around(double tolerance) {
  std::vector<std::uint8_t> fixed(at(system_.size()));
  for (const Mode& mode : modes_) {
    for (const index_t node : mode.nodes) fixed[at(node)] = 1;
  }
  std::vector<index_t> begin{0};
  std::vector<std::int32_t> column;
  std::vector<double> value;
  for (index_t i = 0; i < system_.size(); ++i) {
    if (fixed[at(i)]) {
      column.push_back(static_cast<std::int32_t>(i));
      value.push_back(1.0);
    } else {
      column.insert(column.end(), matrix_.column + matrix_.begin[i], matrix_.column + matrix_.begin[i + 1]);
      value.insert(value.end(), matrix_.value + matrix_.begin[i], matrix_.value + matrix_.begin[i + 1]);
    }
    begin.push_back(static_cast<index_t>(column.size()));
  }
  const MatrixView<double> around = {system_.size(), begin.data(), column.data(), value.data()};
  Multigrid multigrid(around, system_.diagonal, pool_);
  const auto map = [&](std::span<const double> x, std::span<double> image) {
    multiply<double>(around, x, image, pool_);
  };
  const auto inverse = [&](std::span<const double> b, std::span<double> x) { multigrid.apply(b, x); };
  std::vector<double> rest(at(system_.size()));
  for (Mode& mode : modes_) {
    const std::vector<double> right = mode.values;  // 1 in the piece
    residual<double>(around, right, mode.values, rest, pool_);
    const double size = std::sqrt(dot<double>(rest, rest, pool_));
    if (size > 0.0) {
      solve_gcr(map, right, mode.values, inverse, {.tolerance = tolerance, .most_steps = kMostSteps, .size = size},
                pool_);
    }
    // The cut cells of the other side share the fluxes of the piece: only together do they balance.
    const std::size_t inside = mode.nodes.size();
    for (std::size_t n = 0; n < inside; ++n) {
      for_neighbors(system_.nodes, mode.nodes[n], [&](index_t other) {
        if (fixed[at(other)] || entries_of(matrix_, other) == 1) return;
        fixed[at(other)] = 1;
        mode.nodes.push_back(other);
      });
    }
  }
}

std::vector<double> PieceModes::balances(std::span<const double> rows) const {
  std::vector<double> out;
  for (const Mode& mode : modes_) {
    double sum = 0.0;
    for (const index_t node : mode.nodes) sum += system_.diagonal[at(node)] * rows[at(node)];
    out.push_back(sum);
  }
  return out;
}

std::vector<double> PieceModes::constants_for(std::vector<double> b) const {
  const std::size_t n = b.size();
  std::vector<double> a = balance_of_images_;  // by Gaussian elimination with pivots in the rows
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t best = k;
    for (std::size_t i = k + 1; i < n; ++i) {
      if (std::abs(a[i * n + k]) > std::abs(a[best * n + k])) best = i;
    }
    if (a[best * n + k] == 0.0) return std::vector<double>(n, 0.0);
    std::swap_ranges(&a[k * n], &a[k * n] + n, &a[best * n]);
    std::swap(b[k], b[best]);
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = a[i * n + k] / a[k * n + k];
      for (std::size_t j = k; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
      b[i] -= factor * b[k];
    }
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = i + 1; j < n; ++j) b[i] -= a[i * n + j] * b[j];
    b[i] /= a[i * n + i];
  }
  return b;
}

void PieceModes::precondition(std::span<const double> residual, std::span<double> correction,
                              const Preconditioner& inner) const {
  const std::vector<double> before = balances(residual), first = constants_for(before);
  std::vector<double> rest(residual.begin(), residual.end());
  for (std::size_t k = 0; k < modes_.size(); ++k) {
    for (std::size_t i = 0; i < rest.size(); ++i) rest[i] -= first[k] * modes_[k].image[i];
  }
  inner(rest, correction);
  multiply<double>(matrix_, correction, rest, pool_);
  std::vector<double> left = balances(rest);
  for (std::size_t k = 0; k < left.size(); ++k) left[k] = before[k] - left[k];
  const std::vector<double> second = constants_for(std::move(left));
  for (std::size_t k = 0; k < modes_.size(); ++k) {
    for (std::size_t i = 0; i < rest.size(); ++i) correction[i] += second[k] * modes_[k].values[i];
  }
}

}  // namespace nbm
