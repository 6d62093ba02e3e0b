#include "grid_ghosts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lattice.hpp"
#include "law_rows.hpp"
#include "nbm/rows/assemble.hpp"
#include "nbm/rows/ghost.hpp"

namespace nbm {
namespace {

constexpr index_t kNodesPerTask = 4096;
constexpr double kMostSteps = 0.75;  // of h to the interface: where the rows use ghost values, and these are accurate

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

struct GhostNode {
  index_t node;
  std::uint32_t minus, present;
  GhostGeometry geometry;
};

class GhostTask {
 public:
  GhostTask(const Problem& problem, const GridSystem& system)
      : problem_(problem), level_set_{system.nodes, system.level_set.data()} {
    cells_ = {system.nodes.x - 1, system.nodes.y - 1, system.nodes.z - 1};
    const Vec3<double> edge = problem.box.edge();
    for (int axis = 0; axis < kDim; ++axis) h_[axis] = edge[axis] / static_cast<double>(cells_[axis]);
  }

  void run(index_t first, index_t last, std::span<const double> u, std::span<double> ghosts) {
    for (index_t n = first; n < last; ++n) look_at(n);
    const auto count = static_cast<index_t>(nodes_.size());
    if (count == 0) return;
    const JumpConditions jumps = jump_conditions(problem_, feet_.view());
    const bool law = problem_.has_interface_law();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      ghosts[at(nodes_[i].node)] = law ? of_law(nodes_[i], jumps[i], u) : of_jumps(nodes_[i], jumps[i], u);
    }
  }

 private:
  double of_jumps(const GhostNode& at_node, const JumpCondition<double>& jump, std::span<const double> u) const {
    const JumpSample sample = {{jump.mu[0], jump.mu[1]}, jump.jump_u, jump.jump_flux};
    const GhostValue ghost = ghost_value(at_node.minus, at_node.geometry, sample, h_, at_node.present);
    const Vec3<index_t> position = level_set_.position(at_node.node);
    double value = ghost.constant;
    for (int m = 0; m < kNeighbors; ++m) {
      if (ghost.weight[m] != 0.0) value += ghost.weight[m] * u[at(level_set_.index(neighbor(position, m)))];
    }
    return value;
  }

  double of_law(const GhostNode& at_node, const JumpCondition<double>& jump, std::span<const double> u) const {
    const Vec3<index_t> position = level_set_.position(at_node.node);
    const SidesAround sides = sides_around({level_set_, position});
    double cube[kCubeNodes];
    for (int m = 0; m < kNeighbors; ++m) {
      cube[kCubeCenter + cube_offset(m / 9 - 1, m / 3 % 3 - 1, m % 3 - 1)] = level_set_.extended(neighbor(position, m));
    }
    const CubeForm ghost = LawGhost(sides, at_node.geometry, jump, cube + kCubeCenter, h_, 0.0).at_node();
    double value = ghost.constant;
    for (int m = 0; m < kCubeNodes; ++m) {
      const double weight = ghost.weight[at(m)];
      const Vec3<index_t> offset = {m / 25 - kCubeReach, m / 5 % 5 - kCubeReach, m % 5 - kCubeReach};
      if (weight != 0.0) value += weight * u[at(level_set_.index(position + offset))];
    }
    return value;
  }

  static Vec3<index_t> neighbor(Vec3<index_t> n, int m) {
    return n + Vec3<index_t>{m / 9 - 1, m / 3 % 3 - 1, m % 3 - 1};
  }

  void look_at(index_t n) {
    const Vec3<index_t> position = level_set_.position(n);
    double cube[kCubeNodes];
    double* const phi = cube + kCubeCenter;
    const std::uint32_t present = level_set_.present_neighbors(position);
    bool minus = false, plus = false;
    for (int m = 0; m < kNeighbors; ++m) {
      const double value = level_set_.extended(neighbor(position, m));
      phi[cube_offset(m / 9 - 1, m / 3 % 3 - 1, m % 3 - 1)] = value;
      if ((present >> m & 1u) == 0) continue;
      (value < 0.0 ? minus : plus) = true;
    }
    if (!minus || !plus) return;
    double corner[kCellCorners];  // no cell: all of its corners on the side of the node
    std::fill(corner, corner + kCellCorners, phi[0]);
    const GhostNode node = {n, minus_neighbors(phi), present, project_node(phi, corner, 0, h_)};
    const double reach = kMostSteps * std::max({h_.x, h_.y, h_.z});
    if (!(dot(node.geometry.normal, node.geometry.normal) > 0.0) || std::abs(node.geometry.distance) > reach) return;
    feet_.push_back(
        grid_node(problem_.box, cells_,
                  {static_cast<double>(position.x), static_cast<double>(position.y), static_cast<double>(position.z)}) +
        node.geometry.foot);
    nodes_.push_back(node);
  }

  const Problem& problem_;
  LatticeView level_set_;
  Vec3<index_t> cells_;
  Vec3<double> h_;
  std::vector<GhostNode> nodes_;
  Points feet_;
};

}  // namespace

std::vector<double> grid_ghosts(const Problem& problem, const GridSystem& system, std::span<const double> u,
                                ThreadPool& pool) {
  std::vector<double> ghosts(at(system.size()), std::numeric_limits<double>::quiet_NaN());
  const TaskPartition parts = TaskPartition::of(system.size(), kNodesPerTask, 4096);
  pool.run(parts.tasks,
           [&](index_t task) { GhostTask(problem, system).run(parts.begin(task), parts.end(task), u, ghosts); });
  return ghosts;
}

}  // namespace nbm
