#pragma once
#include <array>
#include <optional>
#include <vector>

#include "nbm/problem/problem.hpp"
#include "nbm/solution/solution.hpp"

namespace nbm {

// u at points and, where it was asked for, its gradient.
struct Look {
  std::vector<double> u;
  std::array<std::vector<double>, kDim> gradient;

  Vec3<double> gradient_at(std::size_t i) const { return {gradient[0][i], gradient[1][i], gradient[2][i]}; }
};

// u of a solution, and of it without its correction but with what two grids, one twice as fine, miss in that: that
// tells the error of quantities (docs/method.md, section 16).
class Looks {
 public:
  enum class By : std::uint8_t { solution, grid, coarse_grid };

  // Solves on the grids; one that the solution has already, if it is fine enough, is the finer one. Errors as of
  // correct().
  Looks(const Problem& problem, const Solution& solution, ThreadPool& pool);

  // Edge of a cell of the coarser grid, the geometric mean.
  double coarse_cell() const { return coarse_cell_; }
  // u of a side, or without one of that on which each point lies.
  Look look(By by, PointsView points, std::optional<Side> side, bool gradient, ThreadPool& pool) const;
  std::array<Look, 3> all(PointsView points, std::optional<Side> side, bool gradient, ThreadPool& pool) const;

 private:
  Look added_to(Look base, By by, PointsView points, std::optional<Side> side, bool gradient, ThreadPool& pool) const;

  Solution base_;
  std::array<std::optional<Solution>, 3> added_;  // by By
  double coarse_cell_ = 0.0;
};

}  // namespace nbm
