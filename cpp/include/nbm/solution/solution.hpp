#pragma once
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nbm/network/evaluate.hpp"
#include "nbm/network/expansion.hpp"
#include "nbm/network/network_map.hpp"
#include "nbm/problem/problem.hpp"
#include "nbm/solution/sided_grid.hpp"

namespace nbm {

// A solution: u = minus network where level_set < 0, plus network elsewhere, or the network of the connected piece
// where each has one (docs/method.md, section 2), and on each side an expansion (section 14) and a correction on a grid
// (section 9) where there are such. A value; every method is const and may be called from many threads at once (each
// with a pool of its own). Points are in box coordinates. Outside the box the networks extrapolate: nothing there was
// trained. Outputs hold points.size values; InvalidArgument otherwise. InvalidField where the level set is not finite.
class NBM_EXPORT Solution {
 public:
  using Gradient = std::array<std::span<double>, kDim>;  // gradient[axis][i], by box coordinates
  using Info = std::map<std::string, std::string>;       // free text kept with the model: training, problem, author

  // parameters: of one network of the map after the other, siren.parameter_count() each: by default the minus network,
  // then the plus network. Throws InvalidArgument.
  Solution(Box box, Field level_set, Siren siren, std::vector<double> parameters, Info info = {},
           NetworkMap network_map = {});
  // A grid or an expansion alone: the networks are 0.
  Solution(Box box, Field level_set, SidedGrid grid, Info info = {});
  static Solution of_expansion(Box box, Field level_set, Expansion expansion, Info info = {});

  const Box& box() const { return box_; }
  const Field& level_set() const { return level_set_; }
  const Siren& siren() const { return siren_; }
  const std::vector<double>& parameters() const { return parameters_; }
  std::span<const double> parameters(index_t network) const;
  const NetworkMap& network_map() const { return network_map_; }
  const Info& info() const { return info_; }
  void set_info(Info info) { info_ = std::move(info); }

  // What is added to the networks on each side (docs/method.md, sections 9 and 14); null where nothing is.
  const Expansion* expansion() const { return expansion_.get(); }
  const SidedGrid* correction() const { return correction_ ? &*correction_ : nullptr; }
  // The same with this correction or this expansion instead, without a correction, and the networks alone. Throws
  // InvalidArgument where the boxes differ.
  Solution corrected(SidedGrid correction) const;
  Solution expanded(Expansion expansion) const;
  Solution uncorrected() const;
  Solution networks() const;
  // The same less its mean over the box, by the trapezoidal rule on 48 cells along each axis.
  Solution centered(ThreadPool& pool) const;
  // Whether there is nothing but networks that are 0.
  bool is_zero() const;
  // Without a correction: one side's differences over `step` (box coordinates, small: they are derivatives) at every
  // point, as evaluate_network_differences has them.
  void evaluate_differences(Side side, PointsView points, Vec3<double> step, const NetworkDifferences& differences,
                            ThreadPool& pool) const;

  // u, by the side on which each point lies.
  void evaluate(PointsView points, std::span<double> values, ThreadPool& pool,
                Precision precision = Precision::float64) const;
  void evaluate_gradient(PointsView points, std::span<double> values, Gradient gradient, ThreadPool& pool,
                         Precision precision = Precision::float64) const;
  // One side at every point, wherever it lies.
  void evaluate_side(Side side, PointsView points, std::span<double> values, ThreadPool& pool,
                     Precision precision = Precision::float64) const;
  void evaluate_gradient_side(Side side, PointsView points, std::span<double> values, Gradient gradient,
                              ThreadPool& pool, Precision precision = Precision::float64) const;
  // u+ - u-.
  void jump(PointsView points, std::span<double> values, ThreadPool& pool) const;
  // mu+ dn u+ - mu- dn u-, with the coefficients of `problem` and unit normals given per point (minus to plus).
  void flux_jump(const Problem& problem, PointsView points, PointsView normals, std::span<double> values,
                 ThreadPool& pool) const;
  void evaluate_level_set(PointsView points, std::span<double> values, ThreadPool& pool) const;

  // Model files (safetensors): weights in double precision, and everything that evaluation needs. Throws FileError.
  // A level set that is a host function cannot be stored: load(path) then throws FileError and load(path, level_set) is
  // the way.
  void save(const std::string& path) const;
  static Solution load(const std::string& path);
  static Solution load(const std::string& path, Field level_set);

 private:
  void evaluate_networks(Side side, PointsView network_points, std::span<double> values, ThreadPool& pool,
                         Precision precision) const;
  void evaluate_network_gradients(Side side, PointsView network_points, std::span<double> values, Gradient gradient,
                                  ThreadPool& pool, Precision precision) const;
  void add_expansion(Side side, PointsView network_points, std::span<double> values, ThreadPool& pool) const;
  void add_expansion_gradient(Side side, PointsView network_points, std::span<double> values, const Gradient& gradient,
                              ThreadPool& pool) const;

  Box box_;
  Field level_set_;
  Siren siren_;
  std::vector<double> parameters_;
  Info info_;
  NetworkMap network_map_;
  std::shared_ptr<const Expansion> expansion_;  // shared by copies: it is large
  std::optional<SidedGrid> correction_;
};

}  // namespace nbm
