#include "nbm/solution/quadrature.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "nbm/core/error.hpp"
#include "solution/onto_surface.hpp"

namespace nbm {
namespace {

constexpr double kSmooth = 0.94;     // cosine of the angle between a normal and the mean of its triangle's, 20 degrees
constexpr index_t kMostBlock = 4;    // cells along the edge of a block that one rule covers
constexpr index_t kMostCells = 512;  // along an edge

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

struct PlacedWeight {
  double place[3];  // barycentric
  double weight;    // of all 1
};

// On triangles, exact for polynomials of degree 4 (Dunavant 1985) and 2.
constexpr double kA = 0.445948490915965, kB = 0.091576213509771;
constexpr double kOfA = 0.223381589678011, kOfB = 0.109951743655322;
constexpr PlacedWeight kDegree4[] = {{{kA, kA, 1 - 2 * kA}, kOfA}, {{kA, 1 - 2 * kA, kA}, kOfA},
                                     {{1 - 2 * kA, kA, kA}, kOfA}, {{kB, kB, 1 - 2 * kB}, kOfB},
                                     {{kB, 1 - 2 * kB, kB}, kOfB}, {{1 - 2 * kB, kB, kB}, kOfB}};
constexpr double kThird = 1.0 / 3, kSixth = 1.0 / 6, kTwoThirds = 2.0 / 3;
constexpr PlacedWeight kDegree2[] = {{{kTwoThirds, kSixth, kSixth}, kThird},
                                     {{kSixth, kTwoThirds, kSixth}, kThird},
                                     {{kSixth, kSixth, kTwoThirds}, kThird}};
// In tetrahedra, of degree 2: one corner counts kFar, the others kNear.
constexpr double kFar = 0.58541019662496845, kNear = 0.13819660112501052;

using Six = std::array<Vec3<double>, 6>;

Vec3<double> combined(const std::array<double, 6>& weights, const Six& points) {
  Vec3<double> sum;
  for (std::size_t i = 0; i < points.size(); ++i) sum = sum + weights[i] * points[i];
  return sum;
}

// The six quadratic functions of a triangle, and their derivatives along two of its edges.
struct Quadratics {
  std::array<double, 6> value, along, across;
  explicit Quadratics(const double (&p)[3])
      : value{p[0] * (2 * p[0] - 1), p[1] * (2 * p[1] - 1), p[2] * (2 * p[2] - 1),
              4 * p[0] * p[1],       4 * p[1] * p[2],       4 * p[2] * p[0]},
        along{1 - 4 * p[0], 4 * p[1] - 1, 0, 4 * (p[0] - p[1]), 4 * p[2], -4 * p[2]},
        across{1 - 4 * p[0], 0, 4 * p[2] - 1, -4 * p[1], 4 * p[1], 4 * (p[0] - p[2])} {}
  // Twice the area vector of the curved triangle there, for each unit of weight.
  Vec3<double> area(const Six& points) const { return cross(combined(along, points), combined(across, points)); }
};

// Corner n of simplices [..][3].
Vec3<double> corner(const std::vector<double>& of, std::size_t n) { return {of[3 * n], of[3 * n + 1], of[3 * n + 2]}; }

double length(Vec3<double> v) { return std::sqrt(dot(v, v)); }

struct Gauss {
  std::vector<double> node, weight;  // on [-1, 1]
};
Gauss gauss_of(index_t block) {
  if (block == 1) return {{-std::sqrt(1.0 / 3), std::sqrt(1.0 / 3)}, {1.0, 1.0}};
  return {{-std::sqrt(0.6), 0.0, std::sqrt(0.6)}, {5.0 / 9, 8.0 / 9, 5.0 / 9}};
}

// run(cell) for the cells of a block of `size` by its lowest cell.
template <class Run>
void for_cells(Vec3<index_t> low, index_t size, Run&& run) {
  for (index_t i = 0; i < size; ++i) {
    for (index_t j = 0; j < size; ++j) {
      for (index_t k = 0; k < size; ++k) run(low + Vec3<index_t>{i, j, k});
    }
  }
}

}  // namespace

double QuadratureRule::size() const { return std::accumulate(weights.begin(), weights.end(), 0.0); }

QuadratureRule QuadratureRule::near(Vec3<double> point) const {
  if (piece.empty()) return *this;
  double least = std::numeric_limits<double>::infinity();
  std::int32_t nearest = piece.front();
  for (index_t i = 0; i < points.size(); ++i) {
    const Vec3<double> way = points[i] - point;
    if (dot(way, way) >= least) continue;
    least = dot(way, way);
    nearest = piece[at(i)];
  }
  QuadratureRule own;
  own.side = side;
  for (index_t i = 0; i < points.size(); ++i) {
    if (piece[at(i)] != nearest) continue;
    own.points.push_back(points[i]);
    own.normals.push_back(normals[i]);
    own.weights.push_back(weights[at(i)]);
    own.piece.push_back(nearest);
    own.rough.push_back(rough[at(i)]);
  }
  return own;
}

Quadrature::Quadrature(const Box& box, const Field& level_set, index_t cells, ThreadPool& pool, const char* name)
    : box_(box), level_set_(level_set) {
  if (cells < 1 || cells > kMostCells) {
    throw InvalidArgument("cells", "must be in [1, " + std::to_string(kMostCells) + "], got " + std::to_string(cells));
  }
  const Vec3<double> edge = box.edge();
  const double longest = std::max({edge.x, edge.y, edge.z});
  for (int axis = 0; axis < kDim; ++axis) {
    const double blocks = static_cast<double>(cells) * edge[axis] / longest / kMostBlock;
    cells_[axis] = std::max<index_t>(2, std::lrint(blocks)) * kMostBlock;
    spacing_[axis] = edge[axis] / static_cast<double>(cells_[axis]);
  }
  Points nodes;
  nodes.reserve((cells_.x + 1) * (cells_.y + 1) * (cells_.z + 1));
  const auto place = [&](int axis, index_t i) {
    return box.lower[axis] + edge[axis] * (static_cast<double>(i) / static_cast<double>(cells_[axis]));
  };
  for (index_t i = 0; i <= cells_.x; ++i) {
    for (index_t j = 0; j <= cells_.y; ++j) {
      for (index_t k = 0; k <= cells_.z; ++k) nodes.push_back({place(0, i), place(1, j), place(2, k)});
    }
  }
  cut_ = cut_grid(box, cells_, LevelSetValues(level_set_, name, pool)(nodes));
  bend(pool, name);
}

void Quadrature::bend(ThreadPool& pool, const char* name) {
  const std::size_t triangles = cut_.triangles.size() / 9;
  Points points;
  for (std::size_t t = 0; t < triangles; ++t) {
    Six& six = flat_.emplace_back();
    for (std::size_t c = 0; c < 3; ++c) six[c] = corner(cut_.triangles, 3 * t + c);
    for (std::size_t c = 0; c < 3; ++c) six[3 + c] = 0.5 * (six[c] + six[(c + 1) % 3]);
    for (const Vec3<double>& p : six) points.push_back(p);
  }
  const double reach = std::min({spacing_.x, spacing_.y, spacing_.z});
  const OntoSurface moved = move_onto_surface(LevelSetValues(level_set_, name, pool), points, box_, reach);
  curved_ = flat_;
  for (std::size_t t = 0; t < triangles; ++t) {
    Vec3<double> middle;
    bool whole = true;  // else it stays flat: at edges of the interface
    for (std::size_t c = 0; c < 6; ++c) {
      middle = middle + moved.ways[static_cast<index_t>(6 * t + c)];
      whole = whole && moved.met[6 * t + c] != 0;
    }
    if (length(middle) > 0.0) middle = (1.0 / length(middle)) * middle;
    double least = 1.0;
    for (std::size_t c = 0; c < 6; ++c) {
      const auto n = static_cast<index_t>(6 * t + c);
      least = std::min(least, dot(moved.ways[n], middle));
      if (whole) curved_[t][c] = moved.points[n];
    }
    rough_.push_back(least < kSmooth);
  }
}

QuadratureRule Quadrature::interface(std::optional<Side> side) const {
  QuadratureRule rule;
  rule.side = side;
  for (std::size_t t = 0; t < curved_.size(); ++t) {
    for (const PlacedWeight& q : kDegree4) {
      const Quadratics functions(q.place);
      const Vec3<double> vector = 0.5 * q.weight * functions.area(curved_[t]);
      const double area = length(vector);
      rule.points.push_back(combined(functions.value, curved_[t]));
      rule.weights.push_back(area);
      rule.normals.push_back((1.0 / (area > 0.0 ? area : 1.0)) * vector);
      rule.piece.push_back(cut_.piece[t]);
      rule.rough.push_back(rough_[t]);
    }
  }
  return rule;
}

QuadratureRule Quadrature::volume(Side side) const {
  QuadratureRule rule;
  rule.side = side;
  add_blocks(side, rule);
  add_tetrahedra(side, rule);
  add_shell(side, rule);
  return rule;
}

QuadratureRule Quadrature::walls(const std::array<bool, kBoxFaces>& faces, Side side) const {
  QuadratureRule rule;
  rule.side = side;
  const auto s = static_cast<std::size_t>(index_of(side));
  const std::vector<double>& corners = cut_.wall_triangles[s];
  for (std::size_t t = 0; t < cut_.wall_number[s].size(); ++t) {
    const int face = cut_.wall_number[s][t];
    if (!faces[at(face)]) continue;
    const Vec3<double> a = corner(corners, 3 * t), b = corner(corners, 3 * t + 1), c = corner(corners, 3 * t + 2);
    Vec3<double> outward;
    outward[face / 2] = face % 2 == 0 ? -1.0 : 1.0;
    for (const PlacedWeight& q : kDegree2) {
      rule.points.push_back(q.place[0] * a + q.place[1] * b + q.place[2] * c);
      rule.weights.push_back(0.5 * q.weight * length(cross(b - a, c - a)));
      rule.normals.push_back(outward);
    }
  }
  return rule;
}

// Gauss's rules in whole cells, and in blocks of four and two where all of their cells are whole.
void Quadrature::add_blocks(Side side, QuadratureRule& rule) const {
  std::vector<std::uint8_t> free(cut_.cell.size());
  for (std::size_t c = 0; c < free.size(); ++c) free[c] = cut_.cell[c] == index_of(side);
  const auto number = [&](Vec3<index_t> c) { return at((c.x * cells_.y + c.y) * cells_.z + c.z); };
  for (index_t size = kMostBlock; size > 0; size /= 2) {
    const Gauss gauss = gauss_of(size);
    const Vec3<double> edge = static_cast<double>(size) * spacing_;
    Vec3<index_t> low;
    for (low.x = 0; low.x < cells_.x; low.x += size) {
      for (low.y = 0; low.y < cells_.y; low.y += size) {
        for (low.z = 0; low.z < cells_.z; low.z += size) {
          bool whole = true;
          for_cells(low, size, [&](Vec3<index_t> c) { whole = whole && free[number(c)] != 0; });
          if (!whole) continue;
          for_cells(low, size, [&](Vec3<index_t> c) { free[number(c)] = 0; });
          for_cells({0, 0, 0}, std::ssize(gauss.node), [&](Vec3<index_t> n) {
            Vec3<double> p;
            double weight = edge.x * edge.y * edge.z / 8.0;
            for (int axis = 0; axis < kDim; ++axis) {
              const double in_cells = static_cast<double>(low[axis]) * spacing_[axis];
              p[axis] = box_.lower[axis] + in_cells + edge[axis] * (1.0 + gauss.node[at(n[axis])]) / 2.0;
              weight *= gauss.weight[at(n[axis])];
            }
            rule.points.push_back(p);
            rule.weights.push_back(weight);
          });
        }
      }
    }
  }
}

void Quadrature::add_tetrahedra(Side side, QuadratureRule& rule) const {
  const std::vector<double>& corners = cut_.tetrahedra[static_cast<std::size_t>(index_of(side))];
  for (std::size_t n = 0; 3 * n < corners.size(); n += 4) {
    const Vec3<double> a = corner(corners, n), b = corner(corners, n + 1), c = corner(corners, n + 2),
                       d = corner(corners, n + 3);
    const double volume = std::abs(dot(b - a, cross(c - a, d - a))) / 6.0;
    const Vec3<double> all = kNear * (a + b + c + d);
    for (const Vec3<double>& own : {a, b, c, d}) {
      rule.points.push_back(all + (kFar - kNear) * own);
      rule.weights.push_back(volume / 4.0);
    }
  }
}

// What lies between the flat and the curved triangles: the map is that of a prism, half-way up.
void Quadrature::add_shell(Side side, QuadratureRule& rule) const {
  const double sign = side == Side::minus ? 1.0 : -1.0;
  for (std::size_t t = 0; t < flat_.size(); ++t) {
    Six middle, between;
    for (std::size_t c = 0; c < middle.size(); ++c) {
      middle[c] = 0.5 * (flat_[t][c] + curved_[t][c]);
      between[c] = curved_[t][c] - flat_[t][c];
    }
    for (const PlacedWeight& q : kDegree2) {
      const Quadratics functions(q.place);
      const Vec3<double> area = 0.5 * q.weight * functions.area(middle);
      rule.points.push_back(combined(functions.value, middle));
      rule.weights.push_back(sign * dot(combined(functions.value, between), area));
    }
  }
}

}  // namespace nbm
