#include "training/source_placement.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "nbm/sampling/placement.hpp"
#include "training/spread_out.hpp"

namespace nbm {
namespace {

constexpr double kRoom = 0.9;  // of the way to where normals of the surface of the piece meet
constexpr double kShrink = 0.8;
constexpr double kLeastReach = 0.7;     // in distances to the next source: nearer sources make spikes that no row sees
constexpr double kImageReach = 0.25;    // of an edge of the box: sources that are this near to a wall have an image
constexpr index_t kMostSurface = 6000;  // points of its surface that a source is compared with

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

double square_distance(Vec3<double> a, Vec3<double> b) { return dot(a - b, a - b); }

// Radius of the largest ball that touches the surface at p alone, from the side to which the unit vector `outward`
// points: its centre is where the normals of p and of another point of the surface meet. Infinite where none does.
double room_at(const Points& surface, Vec3<double> p, Vec3<double> outward) {
  double least = std::numeric_limits<double>::infinity();
  for (index_t i = 0; i < surface.size(); ++i) {
    const Vec3<double> to = surface[i] - p;
    const double ahead = dot(outward, to);
    if (ahead > 0.0) least = std::min(least, dot(to, to) / (2.0 * ahead));
  }
  return least;
}

// The median distance of the chosen points to the nearest other one, in local scales.
double spacing_of(const InterfacePart& part, const std::vector<index_t>& chosen) {
  std::vector<double> nearest(chosen.size(), std::numeric_limits<double>::infinity());
  for (std::size_t a = 0; a < chosen.size(); ++a) {
    const double scale = part.scale[at(chosen[a])];
    for (std::size_t b = 0; b < chosen.size(); ++b) {
      if (a == b) continue;
      const double square = square_distance(part.points[chosen[a]], part.points[chosen[b]]);
      nearest[a] = std::min(nearest[a], square / (scale * scale));
    }
  }
  std::nth_element(nearest.begin(), nearest.begin() + static_cast<std::ptrdiff_t>(nearest.size() / 2), nearest.end());
  return std::sqrt(nearest[nearest.size() / 2]);
}

struct Source {
  Vec3<double> place;
  double reach = 0.0;
  std::uint8_t mirrors = 0;
  Vec3<double> mirrored;
};

// Where u is given an image of the other sign makes the source 0 on the wall; where its flux is, one of the same sign
// takes the flux of the source from it. Where the wall is that of a period the image is the source, a period further.
void set_images(const Problem& problem, bool at_wall, Source& source) {
  const Box& box = problem.box;
  source.mirrored = source.place;
  if (!at_wall || !contains(box, source.place)) return;
  const Vec3<double> edge = box.edge(), middle = box.center();
  for (int k = 0; k < kDim; ++k) {
    const double wall = source.place[k] < middle[k] ? box.lower[k] : box.upper[k];
    if (std::abs(source.place[k] - wall) > kImageReach * edge[k] || source.place[k] == wall) continue;
    const bool upper = wall == box.upper[k];
    const bool gives_u = problem.walls[at(2 * k + (upper ? 1 : 0))].gives_u;
    source.mirrors = static_cast<std::uint8_t>(source.mirrors | 1 << k | (gives_u ? 0 : 1 << (kDim + k)));
    source.mirrored[k] =
        problem.periods[at(k)].periodic ? source.place[k] + (upper ? -edge[k] : edge[k]) : 2.0 * wall - source.place[k];
  }
}

// All surface points of the piece, thinned.
Points surface_of(const ExpansionPoints& points, index_t piece, std::size_t side) {
  index_t total = 0;
  for (const InterfacePart& part : points.parts) total += part.piece[side] == piece ? part.points.size() : 0;
  const index_t stride = std::max<index_t>(1, total / kMostSurface);
  Points surface;
  for (const InterfacePart& part : points.parts) {
    if (part.piece[side] != piece) continue;
    for (index_t i = 0; i < part.points.size(); i += stride) surface.push_back(part.points[i]);
  }
  return surface;
}

}  // namespace

void place_sources(const Problem& problem, const ExpansionPoints& points, index_t piece, bool at_wall, double reach,
                   const Expansion& lookup, PieceBasis& basis) {
  const auto side = at(index_of(basis.side));
  const double outward = basis.side == Side::plus ? -1.0 : 1.0;
  const Points surface = surface_of(points, piece, side);
  const auto within = [&](Vec3<double> p) {
    if (!contains(problem.box, p)) return false;
    const Side here = problem.level_set.at(p) < 0.0 ? Side::minus : Side::plus;
    return here == basis.side && lookup.piece_at(here, p) == piece;
  };
  const double least = std::min(reach, kLeastReach);
  std::vector<Source> sources;
  for (const InterfacePart& part : points.parts) {
    if (part.piece[side] != piece || part.sources < 2) continue;
    const std::vector<index_t> chosen = spread_out(part.points, part.scale, part.sources);
    const double typical = spacing_of(part, chosen);
    for (const index_t i : chosen) {
      const double spacing = part.scale[at(i)] * typical;
      const Vec3<double> way = outward * part.normals[i];
      const double room = kRoom * room_at(surface, part.points[i], way);
      Source source;
      bool clear = false;
      for (double far = std::min(reach * spacing, room); !clear && far >= least * spacing; far *= kShrink) {
        source.reach = far;
        source.place = part.points[i] + far * way;
        clear = !within(source.place);
      }
      if (!clear) continue;  // no room: inside of the piece it would be a singularity of u
      set_images(problem, at_wall, source);
      sources.push_back(source);
    }
  }
  std::stable_sort(sources.begin(), sources.end(),
                   [](const Source& a, const Source& b) { return a.mirrors < b.mirrors; });
  for (const Source& source : sources) {
    const Vec3<double> place = lookup.to_expansion(source.place), mirrored = lookup.to_expansion(source.mirrored);
    for (int k = 0; k < kDim; ++k) {
      basis.at[at(k)].push_back(place[k]);
      basis.mirrored[at(k)].push_back(mirrored[k]);
    }
    basis.reach.push_back(source.reach / lookup.unit());
    basis.mirrors.push_back(source.mirrors);
  }
}

}  // namespace nbm
