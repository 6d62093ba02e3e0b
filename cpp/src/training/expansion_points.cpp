#include "training/expansion_points.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "problem/periods.hpp"
#include "training/spread_out.hpp"

namespace nbm {
namespace {

constexpr index_t kDraw = index_t{1} << 50, kHeldOutDraw = index_t{1} << 51;  // that training does not use
constexpr index_t kInterfacePoints = 16384;
constexpr index_t kLeastSources = 16, kLeastSines = 10;
constexpr double kRowsForUnknown = 2.5;  // of the equation, an unknown of a piece
constexpr index_t kLeastRegular = 50;
constexpr index_t kJumpPointsForSource = 4;  // each carries two rows, each source has an unknown on both sides
constexpr index_t kLeastJumpPoints = 60, kLeastBoundary = 600;
constexpr int kMostRounds = 40;  // of candidates for a piece that fills little of its bounds

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

std::vector<double> level_set_at(const Problem& problem, const Points& points, ThreadPool& pool) {
  std::vector<double> phi(points.x.size());
  const auto tasks = TaskPartition::of(points.size(), 8192, 256);
  pool.run(tasks.tasks, [&](index_t t) {
    const index_t first = tasks.begin(t), count = tasks.end(t) - first;
    evaluate_finite(problem.level_set, "level_set", points.view().slice(first, count),
                    std::span(phi).subspan(at(first), at(count)));
  });
  return phi;
}

struct Drawing {
  index_t draw, wanted;
  std::uint64_t seed;
};

// Low-discrepancy points of a piece, about evenly in its bounds.
Points points_in(const Problem& problem, const LabelledPieces::Piece& piece, index_t number, const Expansion& lookup,
                 const Drawing& drawing, ThreadPool& pool) {
  const index_t wanted = drawing.wanted;
  const ScrambledSobol sobol = make_sobol(drawing.seed, Stream::regular, drawing.draw + number);
  Points found;
  for (index_t round = 0; round < kMostRounds && found.size() < wanted; ++round) {
    Points candidates(std::max<index_t>(2 * wanted, 256));
    for (index_t i = 0; i < candidates.size(); ++i) {
      Vec3<double> p;
      for (int k = 0; k < kDim; ++k) {
        p[k] = piece.lower[k] +
               (piece.upper[k] - piece.lower[k]) * low_discrepancy(sobol, round * candidates.size() + i, k);
      }
      candidates.set(i, p);
    }
    const std::vector<double> phi = level_set_at(problem, candidates, pool);
    for (index_t i = 0; i < candidates.size() && found.size() < wanted; ++i) {
      const Side side = phi[at(i)] < 0.0 ? Side::minus : Side::plus;
      if (side == piece.side && lookup.piece_at(side, candidates[i]) == number) found.push_back(candidates[i]);
    }
  }
  return found;
}

// Draws are even by area: where scales differ, rows are spread by these.
void put_rows_first(InterfacePart& part) {
  const std::vector<index_t> chosen = spread_out(part.points, part.scale, part.rows);
  std::vector<bool> taken(part.points.x.size());
  InterfacePart sorted{part.piece, {}, {}, {}, part.sources, part.rows};
  const auto take = [&](index_t i) {
    sorted.points.push_back(part.points[i]);
    sorted.normals.push_back(part.normals[i]);
    sorted.scale.push_back(part.scale[at(i)]);
    taken[at(i)] = true;
  };
  for (const index_t i : chosen) take(i);
  for (index_t i = 0; i < part.points.size(); ++i) {
    if (!taken[at(i)]) take(i);
  }
  part = std::move(sorted);
}

// By the roots of their areas: a small part has as much to show as a large one, but for its neighbours.
void share_sources(const ExpansionOptions& options, std::vector<InterfacePart>& parts) {
  double roots = 0.0;
  for (const InterfacePart& part : parts) roots += std::sqrt(static_cast<double>(part.points.size()));
  for (InterfacePart& part : parts) {
    const double share = std::sqrt(static_cast<double>(part.points.size())) / roots;
    const auto wanted = static_cast<index_t>(std::lround(share * static_cast<double>(options.sources)));
    part.sources = options.sources == 0 ? 0 : std::min(part.points.size() / 2, std::max(kLeastSources, wanted));
    part.rows = std::min(part.points.size(), std::max(kLeastJumpPoints, kJumpPointsForSource * part.sources));
    if (std::any_of(part.scale.begin(), part.scale.end(), [](double s) { return s < 1.0; })) put_rows_first(part);
  }
}

// The points on the lower wall of a period, by the pieces that meet there.
void place_period(const Problem& problem, const Expansion& lookup, int axis, const Points& lower,
                  std::vector<PeriodPart>& periods, ThreadPool& pool) {
  const std::vector<double> phi = level_set_at(problem, lower, pool);
  const Points upper = moved_to_wall(problem.box, 2 * axis + 1, lower.view());
  std::map<std::array<index_t, 2>, std::size_t> known;
  for (index_t i = 0; i < lower.size(); ++i) {
    const Side side = phi[at(i)] < 0.0 ? Side::minus : Side::plus;
    const std::array<index_t, 2> between = {lookup.piece_at(side, lower[i]), lookup.piece_at(side, upper[i])};
    if (between[0] < 0 || between[1] < 0) continue;
    const auto [entry, is_new] = known.emplace(between, periods.size());
    if (is_new) periods.push_back({axis, between, {}});
    periods[entry->second].points.push_back(lower[i]);
  }
}

void place_boundary(const Problem& problem, const Expansion& lookup, const Drawing& drawing, ExpansionPoints& placed,
                    ThreadPool& pool) {
  const Vec3<double> edge = problem.box.edge();
  const double area[kDim] = {edge.y * edge.z, edge.z * edge.x, edge.x * edge.y};
  const double total = 2.0 * (area[0] + area[1] + area[2]);
  Points points;
  for (int face = 0; face < kBoxFaces; ++face) {
    const bool periodic = problem.periods[at(face / 2)].periodic;
    if (periodic && face % 2 != 0) continue;
    Points on_face;
    const ScrambledSobol sobol = make_sobol(drawing.seed, Stream::boundary, drawing.draw + face);
    const auto here = static_cast<index_t>(std::ceil(static_cast<double>(drawing.wanted) * area[face / 2] / total));
    for (index_t i = 0; i < here; ++i) {
      on_face.push_back(face_point(problem.box, face, low_discrepancy(sobol, i, 0), low_discrepancy(sobol, i, 1)));
    }
    if (periodic) {
      place_period(problem, lookup, face / 2, on_face, placed.periods, pool);
    } else {
      for (index_t i = 0; i < here; ++i) points.push_back(on_face[i]);
    }
  }
  const std::vector<double> phi = level_set_at(problem, points, pool);
  for (index_t i = 0; i < points.size(); ++i) {
    const index_t piece = lookup.piece_at(phi[at(i)] < 0.0 ? Side::minus : Side::plus, points[i]);
    if (piece >= 0) placed.boundary[at(piece)].push_back(points[i]);
  }
}

}  // namespace

InterfacePoints draw_interface(const InterfaceSampler& interface, std::uint64_t seed, ThreadPool& pool) {
  return interface.empty() ? InterfacePoints{}
                           : interface.draw({0, kInterfacePoints}, seed, Stream::interface, kDraw, pool);
}

std::vector<InterfacePart> interface_parts(const Box& box, const InterfacePoints& drawn, const Expansion& lookup) {
  std::vector<InterfacePart> parts;
  std::map<std::array<index_t, kSides>, std::size_t> known;
  for (index_t i = 0; i < drawn.size(); ++i) {
    const Vec3<double> p = drawn.points[i];
    const std::array<index_t, kSides> between = {lookup.piece_at(Side::minus, p), lookup.piece_at(Side::plus, p)};
    if (between[0] < 0 || between[1] < 0) continue;
    const auto [entry, is_new] = known.emplace(between, parts.size());
    if (is_new) parts.push_back({between, {}, {}, {}, 0, 0});
    parts[entry->second].points.push_back(p);
    parts[entry->second].normals.push_back(drawn.normals[i]);
  }
  for (InterfacePart& part : parts) part.scale = local_scales(box, part.points.view(), part.normals.view());
  return parts;
}

void tighten_bounds(const Box& box, const std::vector<InterfacePart>& parts, LabelledPieces& found) {
  for (std::size_t p = 0; p < found.pieces.size(); ++p) {
    LabelledPieces::Piece& piece = found.pieces[p];
    const auto side = at(index_of(piece.side));
    Vec3<double> lower = piece.upper, upper = piece.lower;
    for (const InterfacePart& part : parts) {
      if (part.piece[side] != static_cast<index_t>(p)) continue;
      for (index_t i = 0; i < part.points.size(); ++i) {
        for (int k = 0; k < kDim; ++k) {
          lower[k] = std::min(lower[k], part.points[i][k]);
          upper[k] = std::max(upper[k], part.points[i][k]);
        }
      }
    }
    const Vec3<double> edge = upper - lower;
    if (piece.at_wall || !(std::min({edge.x, edge.y, edge.z}) > 0.0)) continue;
    piece.lower = lower;
    piece.upper = upper;
    const Vec3<double> all = box.edge();
    piece.volume = std::min(piece.volume, edge.x * edge.y * edge.z / (all.x * all.y * all.z));
  }
}

ExpansionPoints place_points(const Problem& problem, const LabelledPieces& found, const Expansion& lookup,
                             std::vector<InterfacePart> parts, const ExpansionOptions& options, ThreadPool& pool) {
  ExpansionPoints placed;
  placed.parts = std::move(parts);
  share_sources(options, placed.parts);
  const std::size_t count = found.pieces.size();
  double roots = 0.0;
  for (const auto& piece : found.pieces) roots += std::sqrt(piece.volume);
  index_t at_walls = 0;
  for (std::size_t p = 0; p < count; ++p) {
    const double share = std::sqrt(found.pieces[p].volume) / roots * static_cast<double>(options.sines);
    placed.sines.push_back(std::max(kLeastSines, static_cast<index_t>(std::lround(share))));
    placed.sides.push_back(found.pieces[p].side);
    const index_t unknowns = kMonomials + placed.sines[p];
    if (found.pieces[p].at_wall) at_walls += unknowns;
    const auto wanted = kLeastRegular + static_cast<index_t>(kRowsForUnknown * static_cast<double>(unknowns));
    placed.regular.push_back(
        points_in(problem, found.pieces[p], static_cast<index_t>(p), lookup, {kDraw, wanted, options.seed}, pool));
  }
  placed.boundary.resize(count);
  place_boundary(problem, lookup, {kDraw, std::max(kLeastBoundary, 2 * at_walls), options.seed}, placed, pool);
  return placed;
}

ExpansionPoints held_out_points(const Problem& problem, const LabelledPieces& found, const Expansion& lookup,
                                const ExpansionOptions& options, const ExpansionPoints& fitted, ThreadPool& pool) {
  constexpr index_t kShare = 3;
  ExpansionPoints points;
  points.sides = fitted.sides;
  index_t boundary = 0;
  for (std::size_t p = 0; p < found.pieces.size(); ++p) {
    const index_t wanted = fitted.regular[p].size() / kShare;
    points.regular.push_back(points_in(problem, found.pieces[p], static_cast<index_t>(p), lookup,
                                       {kHeldOutDraw, wanted, options.seed}, pool));
    boundary += fitted.boundary[p].size() / kShare;
  }
  points.boundary.resize(found.pieces.size());
  for (const PeriodPart& part : fitted.periods) boundary += 2 * part.points.size() / kShare;
  place_boundary(problem, lookup, {kHeldOutDraw, boundary, options.seed}, points, pool);
  for (const InterfacePart& part : fitted.parts) {
    InterfacePart rest{part.piece, {}, {}, {}, 0, 0};
    const index_t first = part.rows, last = std::min(part.points.size(), part.rows + part.rows / kShare);
    for (index_t i = first; i < last; ++i) {
      rest.points.push_back(part.points[i]);
      rest.normals.push_back(part.normals[i]);
    }
    rest.rows = rest.points.size();
    if (rest.rows > 0) points.parts.push_back(std::move(rest));
  }
  return points;
}

}  // namespace nbm
