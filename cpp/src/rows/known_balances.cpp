#include "known_balances.hpp"

#include <algorithm>
#include <cmath>

#include "nbm/rows/split_tetrahedron.hpp"

namespace nbm {
namespace {

constexpr index_t kNodesPerTask = 4096;
constexpr int kFaceCorners = 4;
constexpr double kGauss = 0.28867513459481287;  // 1 / sqrt(12): of the two points of Gauss on an edge of length 1
constexpr int kOnCut = -1;                      // a face that the interface cuts

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Points, each with the item that its value counts for, and how much.
struct Rule {
  Points points;
  std::vector<double> weight;
  std::vector<index_t> item;

  void push(Vec3<double> point, double with_weight, index_t of_item) {
    points.push_back(point);
    weight.push_back(with_weight);
    item.push_back(of_item);
  }
  template <class Evaluate>
  void add_to(std::span<double> sums, Evaluate&& evaluate) const {
    if (item.empty()) return;
    std::vector<double> values(item.size());
    evaluate(points.view(), std::span(values));
    for (std::size_t n = 0; n < values.size(); ++n) sums[at(item[n])] += weight[n] * values[n];
  }
};

// |grad phi| in the middle of a cell.
double slope_of(const double corner[kCellCorners], Vec3<double> h) {
  Vec3<double> gradient;
  for (int c = 0; c < kCellCorners; ++c) {
    const Vec3<double> half = unit_corner(c);
    for (int axis = 0; axis < kDim; ++axis) gradient[axis] += 0.5 * half[axis] * corner[c] / h[axis];
  }
  return std::sqrt(dot(gradient, gradient));
}

}  // namespace

KnownBalances::KnownBalances(const Box& box, const Field& level_set, const KnownPart& known, const LatticeView& nodes,
                             const LatticeView& corners, ThreadPool& pool)
    : box_(box), level_set_(level_set), known_(known), nodes_(nodes), corners_(corners), cells_(corners.shape) {
  const Vec3<double> edge = box.edge();
  for (int axis = 0; axis < kDim; ++axis) h_[axis] = edge[axis] / static_cast<double>(cells_[axis]);
  evaluate_sources(pool);
  for (int axis = 0; axis < kDim; ++axis) evaluate_fluxes(axis, pool);
}

Vec3<double> KnownBalances::place(Vec3<index_t> n) const {
  return grid_node(box_, cells_, {static_cast<double>(n.x), static_cast<double>(n.y), static_cast<double>(n.z)});
}

void KnownBalances::evaluate_sources(ThreadPool& pool) {
  const index_t count = nodes_.shape.x * nodes_.shape.y * nodes_.shape.z;
  source_.resize(at(count));
  const TaskPartition parts = TaskPartition::of(count, kNodesPerTask, 4096);
  pool.run(parts.tasks, [&](index_t task) {
    for (const Side side : {Side::minus, Side::plus}) {
      Rule own;
      for (index_t n = parts.begin(task); n < parts.end(task); ++n) {
        if (side_of(nodes_.values[n]) == side) own.push(place(nodes_.position(n)), 1.0, n);
      }
      own.add_to(source_, [&](PointsView p, std::span<double> v) { known_.source(side, p, v); });
    }
  });
}

// The side on which the four corners of the face above a node lie, or kOnCut.
int KnownBalances::side_of_face(Vec3<index_t> node, int axis) const {
  int minus = 0;
  for (int c = 0; c < kFaceCorners; ++c) {
    Vec3<index_t> corner = node;
    corner[(axis + 1) % kDim] -= c & 1;
    corner[(axis + 2) % kDim] -= c >> 1;
    minus += corner_level_set(corners_[corner], std::min({h_.x, h_.y, h_.z})) < 0.0;
  }
  return minus == 0 ? index_of(Side::plus) : minus == kFaceCorners ? index_of(Side::minus) : kOnCut;
}

// Two by two points of Gauss on every whole face between two cells: neighbours take the same number, so that what they
// lack of the integral cancels.
void KnownBalances::evaluate_fluxes(int axis, ThreadPool& pool) {
  const index_t count = nodes_.shape.x * nodes_.shape.y * nodes_.shape.z;
  fluxes_[at(axis)].resize(at(count));
  const TaskPartition parts = TaskPartition::of(count, kNodesPerTask, 4096);
  const int first = (axis + 1) % kDim, second = (axis + 2) % kDim;
  pool.run(parts.tasks, [&](index_t task) {
    Rule rule[kSides];
    for (index_t n = parts.begin(task); n < parts.end(task); ++n) {
      const Vec3<index_t> node = nodes_.position(n);
      if (node[axis] == cells_[axis] || node[first] == 0 || node[second] == 0 || node[first] == cells_[first] ||
          node[second] == cells_[second]) {
        continue;  // no face between cells that have rows
      }
      const int side = side_of_face(node, axis);
      if (side == kOnCut) continue;
      for (int c = 0; c < kFaceCorners; ++c) {
        Vec3<double> x = place(node);
        x[axis] += 0.5 * h_[axis];
        x[first] += (c & 1 ? kGauss : -kGauss) * h_[first];
        x[second] += (c >> 1 ? kGauss : -kGauss) * h_[second];
        rule[side].push(x, 1.0 / kFaceCorners, n);
      }
    }
    for (const Side side : {Side::minus, Side::plus}) {
      rule[index_of(side)].add_to(fluxes_[at(axis)],
                                  [&](PointsView p, std::span<double> v) { flux_along(side, axis, p, v); });
    }
  });
}

void KnownBalances::flux_along(Side side, int axis, PointsView points, std::span<double> out) const {
  std::vector<double> first(out.size()), second(first);
  std::array<std::span<double>, kDim> flux;
  flux[at(axis)] = out;
  flux[at((axis + 1) % kDim)] = first;
  flux[at((axis + 2) % kDim)] = second;
  known_.flux(side, points, flux);
}

// Outward through a whole face of the cell around a node: the mean.
double KnownBalances::flux_through(Vec3<index_t> node, int face) const {
  if (face_sign(face) < 0) --node[face_axis(face)];
  return face_sign(face) * fluxes_[at(face_axis(face))][at(nodes_.index(node))];
}

double KnownBalances::regular(Vec3<index_t> node) const {
  const double here = source_[at(nodes_.index(node))];
  double sum = here;
  for (int axis = 0; axis < kDim; ++axis) {
    Vec3<index_t> below = node, above = node;
    --below[axis];
    ++above[axis];
    // The mean over the cell, to fourth order.
    sum += (source_[at(nodes_.index(below))] - 2.0 * here + source_[at(nodes_.index(above))]) / 24.0;
    sum += (flux_through(node, 2 * axis) + flux_through(node, 2 * axis + 1)) / h_[axis];
  }
  return sum;
}

namespace {

// Points in the pieces of a cut cell; on triangles the midpoints of the edges: exact for quadratics.
struct CellRules {
  Rule volume[kSides], face[kSides][kDim], patch;  // a patch's weight: its area over the slope of the level set
  std::vector<Vec3<double>> patch_area;            // area vectors, from minus to plus

  // Four points a tetrahedron: exact for quadratics.
  void add_volumes(const IrregularCell& cell, index_t item, Vec3<double> h) {
    constexpr double kFar = 0.58541019662496845, kNear = 0.13819660112501052;  // (5 + 3 sqrt 5) / 20, (5 - sqrt 5) / 20
    const auto add = [&](int side, const std::array<Vec3<double>, 4>& x) {
      const double weight = cell_volume(h) * std::abs(dot(x[1] - x[0], cross(x[2] - x[0], x[3] - x[0]))) / 24.0;
      if (weight == 0.0) return;
      const Vec3<double> sum = x[0] + x[1] + x[2] + x[3];
      for (const Vec3<double> corner : x) {
        volume[side].push(cell.x + scaled(h, kNear * sum + (kFar - kNear) * corner), weight, item);
      }
    };
    for (int first = 0; first < 3; ++first) {
      for (int turn = 1; turn < 3; ++turn) {  // the Kuhn tetrahedra of cut_cell.hpp
        const int a = 4 >> first, b = a + (4 >> ((first + turn) % 3));
        const int corners[4] = {0, a, b, 7};
        double phi[4];
        Vec3<double> x[4];
        for (int i = 0; i < 4; ++i) {
          phi[i] = cell.corner[corners[i]];
          x[i] = unit_corner(corners[i]);
        }
        split_tetrahedron(phi, x, add);
      }
    }
  }

  void add_face(const IrregularCell& cell, index_t item, int number, Vec3<double> h) {
    const int axis = face_axis(number);
    Pieces pieces{*this, cell.x, h, face_sign(number) * face_area(h, axis), item, axis};
    cut_face(cell.corner, number, pieces);
  }

  void add_patches(const IrregularCell& cell, index_t item, Vec3<double> h) {
    const double slope = slope_of(cell.corner, h);
    cut_tetrahedra(cell.corner, [&](const Vec3<double>* zero, int count, Vec3<double> toward) {
      for (int last = 2; last < count; ++last) {
        const Vec3<double> corner[3] = {zero[0], zero[last - 1], zero[last]};
        const InterfacePatch triangle = interface_patch(corner, 3, toward, h);
        for (int edge = 0; edge < 3; ++edge) {
          const Vec3<double> middle = 0.5 * (corner[edge] + corner[(edge + 1) % 3]);
          patch.push(cell.x + scaled(h, middle), slope > 0.0 ? triangle.area / (3.0 * slope) : 0.0, item);
          patch_area.push_back((1.0 / 3.0) * triangle.area_vector);
        }
      }
    });
  }

 private:
  struct Pieces {  // what cut_face fills
    CellRules& rules;
    Vec3<double> center, h;
    double area;
    index_t item;
    int axis;

    void add(int side, double part, Vec3<double> a, Vec3<double> b, Vec3<double> c) {
      if (part == 0.0) return;
      for (const Vec3<double> middle : {0.5 * (a + b), 0.5 * (b + c), 0.5 * (c + a)}) {
        rules.face[side][axis].push(center + scaled(h, middle), area * part / 3.0, item);
      }
    }
  };

  static Vec3<double> scaled(Vec3<double> h, Vec3<double> unit) { return {h.x * unit.x, h.y * unit.y, h.z * unit.z}; }
};

}  // namespace

void KnownBalances::irregular(const IrregularBlock& block, std::span<const Vec3<index_t>> nodes,
                              std::span<double> balance) const {
  std::fill(balance.begin(), balance.end(), 0.0);
  CellRules rules;
  for (index_t i = 0; i < block.size(); ++i) {
    rules.add_volumes(block[i], i, h_);
    rules.add_patches(block[i], i, h_);
    for (int face = 0; face < kFaces; ++face) {
      Vec3<index_t> below = nodes[at(i)];
      if (face_sign(face) < 0) --below[face_axis(face)];
      if (side_of_face(below, face_axis(face)) == kOnCut) {
        rules.add_face(block[i], i, face, h_);
      } else {
        balance[at(i)] += face_area(h_, face_axis(face)) * flux_through(nodes[at(i)], face);
      }
    }
  }
  const Rule& patch = rules.patch;
  std::vector<double> phi(patch.item.size());
  evaluate_finite(level_set_, "level_set", patch.points.view(), phi);
  for (const Side side : {Side::minus, Side::plus}) {
    const int s = index_of(side);
    rules.volume[s].add_to(balance, [&](PointsView p, std::span<double> v) { known_.source(side, p, v); });
    for (int axis = 0; axis < kDim; ++axis) {
      rules.face[s][axis].add_to(balance, [&](PointsView p, std::span<double> v) { flux_along(side, axis, p, v); });
    }
    // Out of the side through the patches; and between the patches and the interface itself, which a linear interpolant
    // of the level set misses by its curvature, and always to the same side, the whole residual.
    const double outward = s == 0 ? 1.0 : -1.0;  // of the normal of the interface
    std::vector<double> residual(phi.size()), x(phi.size()), y(x), z(x);
    known_.flux(side, patch.points.view(), {x, y, z});
    known_.residual(side, patch.points.view(), residual);
    for (std::size_t n = 0; n < phi.size(); ++n) {
      const double through = dot(Vec3<double>{x[n], y[n], z[n]}, rules.patch_area[n]);
      balance[at(patch.item[n])] += outward * (through - phi[n] * patch.weight[n] * residual[n]);
    }
  }
}

}  // namespace nbm
